/** Where an operator reads on: each alarm and report names its section of docs/operate.md. A test holds both sides. */

/** Sections of docs/operate.md, as GitHub makes an anchor of a heading. */
export type Runbook =
  | 'function-errors'
  | 'function-throttles'
  | 'slow-tools'
  | 'slow-sign-ins'
  | 'server-errors'
  | 'key-refused'
  | 'keys-unavailable'
  | 'store-unavailable'
  | 'bugs'
  | 'table-throttles'
  | 'key-changed'
  | 'code-changed'
  | 'role-changed'
  | 'secret-touched'
  | 'stack-changed'

const document = 'https://github.com/email-connector/email-connector/blob/main/docs/operate.md'

export function withRunbook(meaning: string, section: Runbook): string {
  return `${meaning} What to do: ${document}#${section}`
}
