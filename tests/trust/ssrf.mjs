// Where nobody may make the gateway connect: URLs, and names with what they resolve to. Public things (93.184.215.*) are in
// it only where something forbidden stands beside them.

const urls = (what, list) => list.map((url) => ({ what, url }));

const HOSTS_THAT_ARE_ADDRESSES = [
  ...["127.0.0.1", "127.1", "127.0.1", "127.127.127.127", "0", "0.0.0.0", "00.00.00.00", "10.0.0.1", "10.1", "172.16.0.1", "172.31.255.254"],
  ...["192.168.0.1", "192.168.1", "169.254.169.254", "169.254.169", "100.64.0.1", "100.100.100.200", "198.18.0.1", "224.0.0.1", "255.255.255.255"],
  ...["192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "192.0.0.170", "240.0.0.1", "8.8.8.8", "93.184.215.1"],
];
const DECIMAL = ["2130706433", "3232235521", "2852039166", "167772161", "0000002130706433", "4294967295", "6425673729", "18446744071562067969"];
const OCTAL = ["0177.0.0.1", "0177.0.0.01", "017700000001", "00000177.0.0.1", "0251.0376.0251.0376", "025177524776", "012.0.0.1", "0300.0250.0.1", "0177.1", "01.0177"];
const HEX = ["0x7f000001", "0x7f.0.0.1", "0x7f.1", "0X7F.0x0.0x0.0x1", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0xc0a80001", "0x0a000001", "0x7f.0x000001", "0x100000000"];
const MIXED = ["0x7f.0.0.01", "0177.0x0.0.1", "127.0x0.01", "0xa9.254.0251.254", "10.0x0.1", "0xac.020.1", "1.2.3.4.5", "1.2.3.4x", "m.example.7", "m.example.0x7f", "m.example.0177"];
const IPV6 = [
  ...["::1", "::", "0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe"],
  ...["::ffff:0:127.0.0.1", "::127.0.0.1", "::7f00:1", "::10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe"],
  ...["64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:7f00:1::1", "2002:a9fe:a9fe::", "2002:c0a8:1::1", "2001:0:7f00:1::", "2001::80ff:fffe", "2001:db8::1"],
  ...["3fff::1", "fc00::1", "fd00::1", "fdff::1", "fe80::1", "fe80::1%25eth0", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "100::1", "5f00::1"],
  ...["2606:4700::1111", "2a00:1450::8", "::ffff:0x7f.0.0.1", "::1%25lo", "0:0:0:0:0:ffff:7f00:1", "[::1]", "v1.fe80::1", "::1.2.3"],
];
const FULL_WIDTH = [
  ...["①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "⑩.⓪.⓪.①", "①⑥⑨.②⑤④.①⑥⑨.②⑤④", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "０ｘ7f.1", "２１３０７０６４３３"],
  ...["ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "local\u00adhost", "loc\u200balhost", "LOCALHOST\u3002", "x.ⓛⓞⓒⓐⓛ", "x.ｏｎｉｏｎ", "𝕩.onion", "ſ.local"],
];
const NAMES = [
  ...["localhost", "LOCALHOST", "localhost.", "localhost.localdomain.", "foo.localhost", "foo.LocalHost", "intranet", "redis", "plaza", "router", "gateway"],
  ...["router.local", "printer.LOCAL", "x.internal", "metadata.google.internal", "x.lan", "x.home", "x.corp", "x.home.arpa", "1.0.0.127.in-addr.arpa", "x.ip6.arpa"],
  ...["x.test", "x.invalid", "x.alt", "x.i2p", "abcdefghijklmnop.onion", "A.ONION", "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"],
  ...["m.example.", "m.example..", "m..example", ".m.example", "..m.example", ".", "..", "m.example.\u3002", "93.184.215.1.", "127.0.0.1."],
];
const USERS = [
  ...["user@m.example", "user:secret@m.example", "@m.example", ":@m.example", "m.example@127.0.0.1", "m.example:443@10.0.0.1", "127.0.0.1@m.example"],
  ...["m.example%40127.0.0.1", "a@b@127.0.0.1", "m.example&@127.0.0.1", "m.example:443@[::1]", "user%00@127.0.0.1", "m.example;@127.0.0.1"],
];
const PORTS = ["m.example:80", "m.example:22", "m.example:6379", "m.example:8443", "m.example:0", "m.example:65535", "m.example:65979", "m.example:-443", "m.example:443x", "m.example:443:22", "m.example:%34%34%33", "m.example: 443"];
const ODD = [
  ...["m.example\\@127.0.0.1", "m.example\\.127.0.0.1", "127.0.0.1\\.m.example", "m.example\t", "m.ex\tample", "m.example\r\nHost: x", "m.example\n", "m.example ", " m.example"],
  ...["m%2eexample", "%31%32%37.0.0.1", "m.example%00.x", "m.example%23.127.0.0.1", "m.example\0.x", "m.ex\u007fample", "m_\u{1f600}.example", "xn--", "xn--a.example", "m.example,127.0.0.1", "m.example|127.0.0.1", "{127.0.0.1,m.example}", "[127.0.0.1]", "[1-254].0.0.1", "$(hostname).example"],
];
const SCHEMES = [
  ...["http://m.example/", "http://127.0.0.1/", "HTTP://m.example/", "ftp://m.example/", "ftps://m.example/", "file:///etc/passwd", "FILE:///etc/passwd", "file://m.example/etc/passwd"],
  ...["gopher://m.example:70/_x", "dict://m.example:11211/stats", "ldap://m.example/", "smb://m.example/", "tftp://m.example/", "telnet://m.example/", "scp://m.example/", "sftp://m.example/"],
  ...["imap://m.example/", "pop3://m.example/", "smtp://m.example/", "mqtt://m.example/", "rtsp://m.example/", "ws://m.example/", "wss://m.example/", "unix:///run/redis.sock"],
  ...["javascript:alert(1)", "data:application/json,{}", "ap://m.example/x", "https:m.example", "https:/m.example", "https:///m.example", "https:////m.example", "https://", "//m.example/", "/etc/passwd", "m.example/", "jar:https://m.example!/", "https;//m.example/", "ht\ntps://m.example/", "https://?x", "https://#x"],
];

const onHost = (what, hosts, path = "/users/x") => urls(what, hosts.map((host) => `https://${host}${path}`));

/** Nothing of these is looked up, let alone connected. */
export const forbiddenUrls = [
  ...onHost("address", HOSTS_THAT_ARE_ADDRESSES),
  ...onHost("decimal", DECIMAL),
  ...onHost("octal", OCTAL),
  ...onHost("hex", HEX),
  ...onHost("mixed", MIXED),
  ...onHost("IPv6", IPV6.map((host) => `[${host}]`)),
  ...onHost("IPv6 without brackets", ["::1", "::ffff:127.0.0.1", "fe80::1"]),
  ...onHost("IDN", FULL_WIDTH),
  ...onHost("name", NAMES),
  ...onHost("userinfo", USERS),
  ...onHost("port", PORTS),
  ...onHost("characters", ODD),
  ...urls("scheme", SCHEMES),
  ...onHost("cloud", ["169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "100.100.100.200", "192.0.0.192"], "/latest/meta-data/"),
  { what: "length", url: `https://m.example/${"x".repeat(3000)}` },
  { what: "length", url: `https://${"a".repeat(64)}.example/` },
  { what: "length", url: `https://${"a.".repeat(130)}example/` },
];

const PUBLIC4 = "93.184.215.250";
const PUBLIC6 = "2a00:1450::250";
const DENIED4 = [
  ...["0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255"],
  ...["172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255"],
  ...["198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255"],
];
const DENIED6 = [
  ...["::", "::1", "::2", "::a00:1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1"],
  ...["64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1:ffff::a9fe:a9fe", "100::1", "1fff::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1", "2001:10::1", "2001:20::1", "2001:db8::1"],
  ...["2001:db8:ffff::1", "2002::1", "2002:7f00:1::1", "2002:a9fe:a9fe::1", "2002:ffff:ffff::1", "3fff::1", "3fff:fff:ffff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1", "fdff:ffff::1"],
  ...["fe80::1", "febf::1", "fec0::1", "ff00::1", "ff02::1", "ff0e::1"],
];

let serial = 0;
const answered = (what, ...answers) => {
  const host = `n${++serial}.attack.example`;
  return { what, url: `https://${host}/users/x`, host, answers };
};

/** Names that are looked up, with what they resolve to; nothing of these is connected. */
export const forbiddenAnswers = [
  ...DENIED4.map((address) => answered("answer", [address])),
  ...DENIED6.map((address) => answered("answer", [address])),
  ...["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"].flatMap((address) => [
    answered("bad behind good", [PUBLIC4, address]),
    answered("bad before good", [address, PUBLIC4]),
    answered("bad among many", [PUBLIC4, "93.184.215.251", "93.184.215.252", PUBLIC6, address]),
    answered("bad beside IPv6", [PUBLIC6, address]),
  ]),
  answered("bad as the fifteenth", [...Array.from({ length: 14 }, (_, i) => `93.184.215.${200 + i}`), "127.0.0.1"]),
  answered("bad as the twentieth", [...Array.from({ length: 19 }, (_, i) => `93.184.215.${200 + i}`), "127.0.0.1"]),
  answered("nothing", []),
];

/** Names whose second answer is another: [first, second]. Only the first may be connected, and is. */
export const rebinding = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "fd00::1"].map((address, index) => ({
  what: "rebinding",
  host: `r${index}.attack.example`,
  url: `https://r${index}.attack.example/users/x`,
  second: address,
}));
