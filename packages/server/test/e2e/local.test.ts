/** The whole product as `npm start` runs it, against real mail servers. Needs Dovecot; says so where it is missing. */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startLocalProduct } from './local-runner.ts'
import { type TestMail, useProduct } from './product.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

const startFromSource = (mail: TestMail) => startLocalProduct(mail, { fromSource: true })

describe.skipIf(findDovecot() === undefined)('the local runner', () => {
  describeWholeProduct('npm start', useProduct(startFromSource, startDovecot))
})
