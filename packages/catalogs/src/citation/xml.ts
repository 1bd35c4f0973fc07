/** A piece of an XML document, written already. */
export interface XmlNode {
  readonly xml: string
}

/** An element with its attributes (those that are undefined are left out) and what it holds: texts are escaped. */
export function element(
  tag: string,
  attributes: Readonly<Record<string, string | undefined>>,
  ...children: readonly (XmlNode | string | undefined)[]
): XmlNode {
  const said = Object.entries(attributes)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escaped(value, true)}"`]))
    .join('')
  const held = children.flatMap(child => (child === undefined || child === '' ? [] : [child]))
  if (held.length === 0) return { xml: `<${tag}${said}/>` }
  if (held.every(child => typeof child === 'string'))
    return { xml: `<${tag}${said}>${held.map(text => escaped(text, false)).join('')}</${tag}>` }
  const inner = held.map(child => (typeof child === 'string' ? escaped(child, false) : child.xml))
  // Elements stand in lines of their own, not indented: a text of several lines must stay as it is.
  return { xml: `<${tag}${said}>\n${inner.join('\n')}\n</${tag}>` }
}

export function xmlDocument(root: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
}

/** Characters that XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets) are left out; line ends become one. */
function escaped(text: string, inAttribute: boolean): string {
  return (
    text
      .replace(/\r\n?/g, '\n')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what is left out
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, '')
      .replace(inAttribute ? /[&<>"\t\n]/g : /[&<>]/g, character => ENTITIES[character]!)
  )
}
