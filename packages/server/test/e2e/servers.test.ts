/**
 * Every tool on the other kinds of mail server, Cyrus and Courier, unpacked beside Dovecot; in a long run the whole
 * end-to-end suite. Their mailboxes stand below `INBOX.`, and Courier does not say which of them are for drafts, what was
 * sent, spam and the bin: names do.
 */
import { findCourier, findCyrus, startCourier, startCyrus } from '@email-connector/testing'
import { inLongRun } from '@email-connector/testing/long-run'
import { describe } from 'vitest'
import { startLocalProduct } from './local-runner.ts'
import { useProduct } from './product.ts'
import { describeTools } from './suites/tools.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

/** What is not the tools is the same on every mail server. */
const describeSuite = inLongRun(describeWholeProduct, describeTools)
/** What a client speaks makes no difference to a mail server: for the tools one era is enough here. */
const dotted = { prefix: 'INBOX.', eras: ['sdk 2, 2026 era'] } as const

describe.skipIf(findCyrus() === undefined)('the local runner with Cyrus', () => {
  describeSuite('Cyrus', useProduct(startLocalProduct, startCyrus), dotted)
})

describe.skipIf(findCourier() === undefined)('the local runner with Courier', () => {
  describeSuite('Courier', useProduct(startLocalProduct, startCourier), dotted)
})
