// Reads JSON strings of HTML, one a line, and looks at each with an independent HTML5 parser: no element,
// attribute, class or scheme outside the allow-list of PROTOCOL §4.1, and the tree written back is the input,
// so that no parser can read another tree in it.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const require = createRequire(pathToFileURL(`${process.argv[2]}/`));
const { parseFragment, serialize } = await import(pathToFileURL(require.resolve('parse5')));

const elements = new Set('p br a span strong em del code pre blockquote ul ol li'.split(' '));
const classes = new Set('mention hashtag u-url h-card invisible ellipsis quote-inline'.split(' '));
const relations = new Set(['nofollow noopener noreferrer ugc', 'nofollow noopener', 'tag']);

function wrongAttribute(element, { name, value }) {
  if (name === 'class') return value.split(' ').some((word) => !classes.has(word));
  if (element !== 'a') return true;
  if (name === 'href') return !/^(https?:\/\/[^/@?#\\]+([/?#]|$)|mailto:)/.test(value);
  return name !== 'rel' || !relations.has(value);
}

function* faults(node) {
  for (const child of node.childNodes ?? []) {
    if (child.nodeName === '#text') continue;
    if (!elements.has(child.tagName)) yield `<${child.nodeName}>`;
    for (const attribute of child.attrs ?? [])
      if (wrongAttribute(child.tagName, attribute)) yield `${attribute.name}=${attribute.value}`;
    yield* faults(child);
  }
}

const plain = (html) => html.replaceAll('&quot;', '"').replaceAll('&nbsp;', '\u00a0');

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean);
let failed = 0;
for (const line of lines) {
  const html = JSON.parse(line);
  const tree = parseFragment(html);
  const found = [...faults(tree)];
  if (plain(serialize(tree)) !== plain(html)) found.push('another tree');
  if (found.length === 0) continue;
  failed++;
  console.log(`${found.join(', ')} in\n  ${html}`);
}
console.log(`${lines.length} documents, ${failed} failed`);
process.exit(lines.length > 0 && failed === 0 ? 0 : 1);
