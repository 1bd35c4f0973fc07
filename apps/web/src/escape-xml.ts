/** Text as it may stand between tags and in attributes of XML. */
export const escapeXml = (text: string): string =>
  text.replace(/[<>&"']/g, character => `&#${character.charCodeAt(0)};`)
