/**
 * The HTML of a draft as the document of a frame: its own bytes, behind a policy that lets nothing in it load or run but
 * its own styles and the pictures that travel with it. The frame has to be sandboxed; this is the second wall.
 */

/** The page around it has a policy of its own, which a frame of this kind takes over as well. */
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="color-scheme" content="light">`

/** Where a picture is named: in an attribute, or in a style. */
const named =
  /((?:\b(?:src|background)\s{0,20}=\s{0,20}["']?|\burl\(\s{0,20}["']?)\s{0,20})cid:([^\s"'<>()]{1,500})/gi

/** `toSource`: the data URL of an attached picture, by its Content-ID. */
export function toFramed(html: string, toSource: (cid: string) => string | undefined): string {
  const shown = html.replace(named, (whole, before: string, cid: string) => {
    const source = toSource(cid)
    return source === undefined ? whole : `${before}${source}`
  })
  // Behind its doctype, without which a browser would lay it out in another way.
  const doctype = /^\s{0,100}<!doctype[^>]{0,500}>/i.exec(shown)?.[0] ?? ''
  return `${doctype}${head}${shown.slice(doctype.length)}`
}
