/** People with browsers before the deployed functions, on a gateway of their own: a typed host takes 20 sign-ins (R40). */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { useProduct } from './product.ts'
import { describeBrowser } from './suites/browser.ts'

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()

describe.skipIf(missing !== undefined)(
  `the deployed functions${missing ? ` (not run: ${missing})` : ''}`,
  () => {
    describeBrowser('the gateway', useProduct(startGatewayProduct, startDovecot))
  },
)
