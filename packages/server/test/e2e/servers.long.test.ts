/**
 * The same sentences on the other kinds of mail server, Cyrus and Courier, unpacked beside Dovecot. Their mailboxes stand
 * below `INBOX.`, and Courier does not say which of them are for drafts, what was sent, spam and the bin: names do.
 */
import { findCourier, findCyrus, startCourier, startCyrus } from '@email-connector/testing'
import { describe } from 'vitest'
import { startLocalProduct } from './local-runner.ts'
import { useProduct } from './product.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

/** What a client speaks makes no difference to a mail server: for the tools one era is enough here. */
const dotted = { prefix: 'INBOX.', eras: ['sdk 2, 2026 era'] } as const

describe.skipIf(findCyrus() === undefined)('the local runner with Cyrus', () => {
  describeWholeProduct('Cyrus', useProduct(startLocalProduct, startCyrus), dotted)
})

describe.skipIf(findCourier() === undefined)('the local runner with Courier', () => {
  describeWholeProduct('Courier', useProduct(startLocalProduct, startCourier), dotted)
})
