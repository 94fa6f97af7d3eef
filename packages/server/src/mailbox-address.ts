/** Spellings of one mailbox: a plus address is its mailbox's own (RFC 5233), and so is Gmail's with other dots. */

export function withoutTag(address: string): string {
  return address.toLowerCase().replace(/^([^+@]+)\+[^@]*@/, '$1@')
}

/** One spelling of all that one mailbox receives. */
export function toMailbox(address: string): string {
  const [, local = '', host = ''] = /^(.+)@(.+)$/.exec(withoutTag(address.trim())) ?? []
  const isGmail = host === 'gmail.com' || host === 'googlemail.com'
  return isGmail ? `${local.replaceAll('.', '')}@gmail.com` : `${local}@${host}`
}
