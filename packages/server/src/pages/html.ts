/**
 * Markup as tagged templates: every value is escaped unless it is itself markup made here, so text from a client, a
 * person or a mail server cannot become a tag or leave a quoted attribute (R46). Attributes must be written quoted;
 * nothing is ever interpolated into a script or a stylesheet.
 */

export class Html {
  // A private field, so that an object that merely has a `text` is not markup to the compiler either.
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  get text(): string {
    return this.#text
  }
}

export type HtmlValue = Html | string | number | false | undefined | readonly HtmlValue[]

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '')
}

function render(value: HtmlValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(render).join('')
  return escapeHtml(String(value))
}

export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(
    strings.reduce((text, string, index) => text + string + render(values[index] ?? undefined), ''),
  )
}

/** For constants of this project only: the stylesheet, the script, the icons. */
export function trusted(text: string): Html {
  return new Html(text)
}
