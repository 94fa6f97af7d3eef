/** One suite, every kind of server we can have: Dovecot installed, Cyrus and Courier unpacked beside it. */
import {
  findCourier,
  findCyrus,
  findDovecot,
  startCourier,
  startCyrus,
  startDovecot,
} from '@email-connector/testing'
import { describe } from 'vitest'
import { describeServer } from './server-suite.ts'

const below = { prefix: 'INBOX.', delimiter: '.' }

describe.skipIf(!findDovecot())('IMAP operations on Dovecot', () =>
  describeServer({
    start: startDovecot,
    prefix: '',
    delimiter: '/',
    expunges: true,
    can: ['MOVE', 'UIDPLUS', 'SPECIAL-USE', 'LIST-STATUS', 'ESEARCH', 'LITERAL+'],
  }),
)

describe.skipIf(!findCyrus())('IMAP operations on Cyrus', () =>
  describeServer({
    ...below,
    start: startCyrus,
    expunges: true,
    can: ['MOVE', 'UIDPLUS', 'SPECIAL-USE', 'LIST-STATUS', 'ESEARCH', 'LITERAL+', 'OBJECTID'],
  }),
)

describe.skipIf(!findCourier())('IMAP operations on Courier', () =>
  describeServer({ ...below, start: startCourier, expunges: true, can: ['UIDPLUS'] }),
)

describe.skipIf(!findCourier())('IMAP operations on Courier without UIDPLUS', () =>
  describeServer({
    ...below,
    start: () => startCourier({ uidPlus: false }),
    expunges: false,
    can: [],
  }),
)
