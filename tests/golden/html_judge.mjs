// Looks at HTML with an independent HTML5 parser: no element, attribute, class or scheme outside the allow-list, and the tree
// written back is the input, so that no parser can read another tree in it.
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where npm put the judges: tests/peers/judges, installed by ./dev test golden. */
export const judges = fileURLToPath(new URL('../../build/peers/judges/', import.meta.url));

export function judge(name) {
  try {
    return createRequire(path.join(judges, 'none.js'))(name);
  } catch (error) {
    throw new Error(`${name} is not in ${judges}: run ./dev test golden once, which brings it there`, { cause: error });
  }
}

const { parseFragment, serialize } = judge('parse5');

const elements = new Set('p br a span strong em del code pre blockquote ul ol li'.split(' '));
const classes = new Set('mention hashtag u-url h-card invisible ellipsis quote-inline'.split(' '));
const relations = new Set(['nofollow noopener noreferrer ugc', 'nofollow noopener', 'me nofollow noopener', 'tag']);

function wrongAttribute(element, { name, value }) {
  if (name === 'class') return value.split(' ').some((word) => !classes.has(word));
  if (element !== 'a') return true;
  if (name === 'href') return !/^(https?:\/\/[^/@?#\\]+([/?#]|$)|mailto:)/i.test(value);
  return name !== 'rel' || !relations.has(value);
}

function* wrongNodes(node) {
  for (const child of node.childNodes ?? []) {
    if (child.nodeName === '#text') continue;
    if (!elements.has(child.tagName)) yield `<${child.nodeName}>`;
    for (const attribute of child.attrs ?? [])
      if (wrongAttribute(child.tagName, attribute)) yield `${attribute.name}=${attribute.value}`;
    yield* wrongNodes(child);
  }
}

const plain = (html) => html.replaceAll('&quot;', '"').replaceAll('&nbsp;', '\u00a0');

/** What is wrong with the HTML; empty when nothing is. */
export function htmlFaults(html) {
  const tree = parseFragment(html);
  const found = [...wrongNodes(tree)];
  if (plain(serialize(tree)) !== plain(html)) found.push('another tree');
  return found;
}
