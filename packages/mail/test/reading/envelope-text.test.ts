/** Dovecot fills in an address that a header lacks: it is left out. */
import { expect, it } from 'vitest'
import { toAddresses } from '../../src/reading/envelope-text.ts'

it.each(['MISSING_MAILBOX@MISSING_DOMAIN', 'root@MISSING_DOMAIN', 'MISSING_MAILBOX@test.example', '', ' '])(
  '%j is no sender and no recipient',
  (address) => {
    const bob = { name: 'Bob', address: 'bob@test.example' }
    expect(toAddresses([{ name: 'Ann', address }, bob])).toEqual([bob])
  },
)
