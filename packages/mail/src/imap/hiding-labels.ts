/**
 * Messages that are not there for a session because of a label (Gmail): one that carries the label of a hidden mailbox is
 * found and fetched nowhere, whichever mailbox it is met in.
 */
import type { Mailbox } from '../message.ts'
import type { FetchedMessage, ImapClient } from './client.ts'
import type { MailboxSet } from './mailbox-set.ts'
import { atom, type ImapToken } from './protocol.ts'

export interface HidingLabels {
  readonly any: boolean
  /** Search keys that leave out what is hidden. */
  keys(): ImapToken[]
  /** A command, which asks for the labels too if it fetches. */
  withLabels(command: string, attributes: ImapToken[]): ImapToken[]
  hides(row: FetchedMessage): boolean
  /** A row that came unasked for says nothing of labels. */
  isKnown(row: FetchedMessage): boolean
}

export function createHidingLabels({
  client,
  hidden,
  names,
  mailboxes,
}: {
  client: Pick<ImapClient, 'has' | 'encodePath' | 'decodePath'>
  hidden: MailboxSet
  names: readonly string[]
  mailboxes: () => readonly Mailbox[]
}): HidingLabels {
  const isOn = () => hidden.any && client.has('X-GM-EXT-1')
  return {
    get any() {
      return isOn()
    },
    keys() {
      if (!isOn()) return []
      const labels = [...names, ...mailboxes().map(({ path }) => path)]
      return [...new Set(labels.filter((one) => hidden.has(one)))].flatMap((one) => [
        ...[atom('NOT'), atom('X-GM-LABELS')],
        { type: 'STRING', value: client.encodePath(one) } as const,
      ])
    },
    withLabels(command, attributes) {
      const items = attributes.at(-1)
      if (!/^(?:UID )?FETCH$/.test(command) || !Array.isArray(items) || !isOn()) return attributes
      const isLabels = (one: ImapToken) =>
        typeof one === 'object' && one !== null && 'value' in one && one.value === 'X-GM-LABELS'
      if (items.some(isLabels)) return attributes
      return [...attributes.slice(0, -1), [...items, atom('X-GM-LABELS')]]
    },
    hides: (row) => [...(row.labels ?? [])].some((label) => hidden.has(client.decodePath(label))),
    isKnown: (row) => !isOn() || row.labels !== undefined,
  }
}
