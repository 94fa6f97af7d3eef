/**
 * Who may connect, and go on (R71, R96). The list of denied accounts comes before the list of allowed ones. An entry is an
 * address, a domain without its subdomains (`example.com` or `@example.com`), or a domain's subdomains without itself
 * (`*.example.com`). Domains are compared as DNS knows them, addresses without case.
 */
import { domainToASCII } from 'node:url'
import type { MailAccount } from '@email-connector/mail'
import { toMailbox } from './mailbox-address.ts'

export interface Admission {
  /** Empty: everyone. */
  readonly allowedAccounts: readonly string[]
  readonly deniedAccounts: readonly string[]
}

/** An entry of one of the lists in its one spelling; undefined: it is none. */
export function toEntry(text: string): string | undefined {
  const [, local = '', below = '', name = ''] = /^(?:([^\s@]+)@|@)?(\*\.)?([^\s@*]+)$/u.exec(text) ?? []
  const domain = toDomain(name)
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(domain) || (local !== '' && below !== '')) return undefined
  return local === '' ? below + domain : `${fold(local)}@${domain}`
}

/** By its address, and in the list of denied ones by its login and by other spellings of the same mailbox, too. */
export function isAdmitted(
  { allowedAccounts, deniedAccounts }: Admission,
  { address, login = '' }: Pick<MailAccount, 'address'> & Partial<Pick<MailAccount, 'login'>>,
): boolean {
  const names = [address, login].filter((name) => name.includes('@')).map(toAddress)
  const isDenied = names.some(
    (name) =>
      isListed(deniedAccounts, name) ||
      deniedAccounts.some((entry) => entry.includes('@') && toMailbox(entry) === toMailbox(name)),
  )
  return !isDenied && (allowedAccounts.length === 0 || isListed(allowedAccounts, toAddress(address)))
}

function isListed(entries: readonly string[], address: string): boolean {
  const domain = domainOf(address)
  if (domain === address) return false
  return entries.some(
    (entry) =>
      entry === address || entry === domain || (entry.startsWith('*.') && domain.endsWith(entry.slice(1))),
  )
}

function toAddress(text: string): string {
  const address = fold(text.trim())
  const at = address.lastIndexOf('@')
  return `${address.slice(0, at + 1)}${toDomain(address.slice(at + 1))}`
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}

/** Empty where it is no name. */
function toDomain(name: string): string {
  return domainToASCII(name.replace(/\.$/, ''))
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
