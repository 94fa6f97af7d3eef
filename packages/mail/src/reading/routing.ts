/**
 * Where answers to a message go and by which address it came, as far as its headers say so beside its envelope. All of
 * it is the sender's word, or that of any server on the way: it chooses among addresses, it proves nothing.
 */
import { readAddress } from '../address.ts'
import { readAddressList } from '../composing/address-list.ts'
import { decodeWords } from '../composing/header-fields.ts'
import type { MailAddress } from '../message.ts'

export const routingHeaders = [
  'DELIVERED-TO',
  'X-ORIGINAL-TO',
  'X-DELIVERED-TO',
  'ENVELOPE-TO',
  'LIST-POST',
  'MAIL-FOLLOWUP-TO',
]

/** What the header fields of lists and deliveries say about answers. */
export interface Routing {
  /** Addresses that servers delivered it to, the last stop first. */
  readonly deliveredTo: readonly string[]
  /** RFC 2369: where the list takes mail from its members. */
  readonly listPost?: string
  /** Whom an answer to all is to reach, as a member of a list asks for it. */
  readonly followUpTo: readonly MailAddress[]
}

const maxDelivered = 20
const maxFieldChars = 64 * 1024

export function readRouting(headers: ReadonlyMap<string, readonly string[]>): Routing {
  const valuesOf = (name: string) => headers.get(name.toLowerCase()) ?? []
  const deliveredTo = ['DELIVERED-TO', 'X-ORIGINAL-TO', 'X-DELIVERED-TO', 'ENVELOPE-TO']
    .flatMap(valuesOf)
    .slice(0, maxDelivered)
    .flatMap((value) => readAddressList(value.slice(0, 998)).mailboxes.map(({ address }) => address))
  const [post = ''] = valuesOf('LIST-POST')
  const list = readAddress(/<\s*mailto:([^<>\s?]{1,320})/i.exec(post)?.[1] ?? '')
  const [followUp = ''] = valuesOf('MAIL-FOLLOWUP-TO')
  const { mailboxes } = readAddressList(followUp.slice(0, maxFieldChars).replaceAll(/\p{Cc}/gu, ' '))
  return {
    deliveredTo,
    ...(list.reason === undefined ? { listPost: list.address } : {}),
    followUpTo: mailboxes.map(({ name, address }) =>
      name === undefined ? { address } : { name: decodeWords(name), address },
    ),
  }
}
