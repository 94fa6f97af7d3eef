/** The MAC of a form of /review: every part of it counts, and no other mailbox or link makes it. */
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { isApproval, type Reviewed, toApproval } from '../../src/owner/approval.ts'

const secret = { accountId: 'a'.repeat(16), own: Uint8Array.from(randomBytes(32)) }
const reviewed: Reviewed = {
  linkId: 'f'.repeat(64),
  ref: { mailbox: 'Drafts', uidValidity: '1700000000', uid: 12 },
  envelope: { from: 'ann@test.example', to: ['bob@test.example', 'eve@test.example'] },
  hash: '0'.repeat(64),
  maySend: true,
}

test('R92: an approval with another link, place, envelope, content, button, mailbox or key is none', () => {
  const { ref, envelope } = reviewed
  const approval = toApproval(secret, reviewed)
  expect(isApproval(secret, reviewed, approval)).toBe(true)
  const others: Reviewed[] = [
    { ...reviewed, linkId: '0'.repeat(64) },
    { ...reviewed, ref: { ...ref, mailbox: 'Draft' } },
    { ...reviewed, ref: { ...ref, uidValidity: '1700000001' } },
    { ...reviewed, ref: { ...ref, uid: 13 } },
    { ...reviewed, envelope: { ...envelope, from: 'ann@test.exampl' } },
    { ...reviewed, envelope: { ...envelope, to: ['bob@test.example'] } },
    { ...reviewed, envelope: { ...envelope, to: [...envelope.to].reverse() } },
    { ...reviewed, envelope: { ...envelope, to: [envelope.to.join('')] } },
    { ...reviewed, hash: '1'.repeat(64) },
    { ...reviewed, maySend: false },
  ]
  for (const other of others) expect(isApproval(secret, other, approval), JSON.stringify(other)).toBe(false)
  expect(new Set(others.map((other) => toApproval(secret, other))).size).toBe(others.length)
  for (const given of [undefined, '', approval.slice(1), `${approval}A`, approval.toLowerCase()])
    expect(isApproval(secret, reviewed, given)).toBe(false)
  expect(isApproval({ ...secret, accountId: 'b'.repeat(16) }, reviewed, approval)).toBe(false)
  expect(isApproval({ ...secret, own: Uint8Array.from(randomBytes(32)) }, reviewed, approval)).toBe(false)
})
