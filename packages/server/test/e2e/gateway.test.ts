/**
 * The same sentences as for the local runner, against the bundles that are deployed, behind the gateway simulator. Needs
 * Dovecot, Node 24 and the local DynamoDB; says so where one is missing.
 */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { useProduct } from './product.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()

describe.skipIf(missing !== undefined)(
  `the deployed functions${missing ? ` (not run: ${missing})` : ''}`,
  () => {
    describeWholeProduct('the gateway', useProduct(startGatewayProduct, startDovecot))
  },
)
