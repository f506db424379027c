// Reads along on one connection between the gateway and a platform's service, without touching a byte: HTTP/1.1 exchanges
// and, after an upgrade, websocket frames. What was cut off in its middle is no message.

const headEnd = Buffer.from("\r\n\r\n");

/** Bytes as they come → whole HTTP messages. `bodyless(head)` tells answers that have no body whatever they announce. */
class MessageReader {
  constructor(onMessage) {
    this.onMessage = onMessage;
    this.bytes = Buffer.alloc(0);
  }

  feed(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    while (this.next());
  }

  next() {
    const end = this.bytes.indexOf(headEnd);
    if (end < 0) return false;
    const [first, ...lines] = this.bytes.toString("latin1", 0, end).split("\r\n");
    const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]));
    if (headers["transfer-encoding"]) throw new Error("the wiretap reads no chunked bodies");
    const length = Number(headers["content-length"] ?? 0);
    const from = end + headEnd.length;
    if (this.bytes.length < from + length) return false;
    const body = this.bytes.toString("utf8", from, from + length);
    this.bytes = this.bytes.subarray(from + length);
    return this.onMessage({ first, headers, body }) !== "stop";
  }
}

/** Bytes as they come → whole text messages (RFC 6455 §5). */
class FrameReader {
  constructor(onText) {
    this.onText = onText;
    this.bytes = Buffer.alloc(0);
    this.parts = [];
  }

  feed(bytes) {
    this.bytes = Buffer.concat([this.bytes, bytes]);
    while (this.next());
  }

  next() {
    const { bytes } = this;
    if (bytes.length < 2) return false;
    const masked = (bytes[1] & 0x80) !== 0;
    let length = bytes[1] & 0x7f;
    let at = 2;
    if (length === 126) {
      if (bytes.length < 4) return false;
      length = bytes.readUInt16BE(2);
      at = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return false;
      length = Number(bytes.readBigUInt64BE(2));
      at = 10;
    }
    const mask = masked ? bytes.subarray(at, at + 4) : undefined;
    at += masked ? 4 : 0;
    if (bytes.length < at + length) return false;
    const payload = Buffer.from(bytes.subarray(at, at + length));
    if (mask) for (let i = 0; i < length; i++) payload[i] ^= mask[i & 3];
    this.bytes = bytes.subarray(at + length);
    const opcode = bytes[0] & 0x0f;
    if (opcode > 2) return true; // close, ping, pong
    this.parts.push(payload);
    if (bytes[0] & 0x80) this.onText(Buffer.concat(this.parts.splice(0)).toString("utf8"));
    return true;
  }
}

export class Wiretap {
  /**
   * `onExchange({method, target, requestHeaders, requestBody, status, type, body})`, `onUpgrade(target, headers)` of the
   * websocket's request, `onFrame(fromService, text)`.
   */
  constructor({ onExchange, onUpgrade, onFrame }) {
    this.requests = [];
    this.frames = { client: new FrameReader((text) => onFrame(false, text)), service: new FrameReader((text) => onFrame(true, text)) };
    this.client = new MessageReader((message) => void this.requests.push(message));
    this.service = new MessageReader(({ first, headers, body }) => {
      const status = Number(first.split(" ")[1]);
      const { first: line, headers: requestHeaders, body: requestBody } = this.requests.shift() ?? { first: "? ?", headers: {} };
      const [method, target] = line.split(" ");
      if (requestHeaders.upgrade) onUpgrade(target, requestHeaders);
      if (status !== 101) return void (requestHeaders.upgrade || onExchange({ method, target, requestHeaders, requestBody, status, type: headers["content-type"], body }));
      this.upgraded = true;
      this.frames.service.feed(this.service.bytes);
      return "stop";
    });
  }

  fromClient(bytes) {
    (this.upgraded ? this.frames.client : this.client).feed(bytes);
  }

  fromService(bytes) {
    (this.upgraded ? this.frames.service : this.service).feed(bytes);
  }
}
