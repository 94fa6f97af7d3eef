/** People with browsers, on a runner of their own: a mail server that is typed in takes 20 sign-ins in 15 minutes (R40). */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { demoFields } from '../local/demo-fields.ts'
import { startLocalProduct } from './local-runner.ts'
import { useProduct } from './product.ts'
import { describeBrowser } from './suites/browser.ts'

describe.skipIf(findDovecot() === undefined)('the local runner', () => {
  describeBrowser('npm start', useProduct(startLocalProduct, startDovecot), { demo: demoFields })
})
