/** Dovecot fills in an address that a header lacks: it is left out. */
import { expect, test } from 'vitest'
import { toAddresses } from '../../src/reading/envelope-text.ts'

test.each([
  'MISSING_MAILBOX@MISSING_DOMAIN',
  'root@MISSING_DOMAIN',
  'MISSING_MAILBOX@test.example',
  'alice@SYNTAX_ERROR',
  'undisclosed-recipients@syntax_error',
  'root@unspecified-domain',
  '',
  ' ',
])('%j is no sender and no recipient', (address) => {
  const bob = { name: 'Bob', address: 'bob@test.example' }
  expect(toAddresses([{ name: 'Ann', address }, bob])).toEqual([bob])
})
