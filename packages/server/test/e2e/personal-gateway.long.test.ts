/**
 * The same sentences for a stage without a domain: the deployed bundles behind an HTTP API, which streams nothing and has
 * no authorizer. Needs Dovecot, Node 24 and the local DynamoDB; says so where one is missing.
 */
import { findDovecot, startDovecot } from '@email-connector/testing'
import { describe } from 'vitest'
import { startGatewayProduct, whyNoGateway } from './gateway-product.ts'
import { type TestMail, useProduct } from './product.ts'
import { describeWholeProduct } from './suites/whole-product.ts'

const missing = findDovecot() === undefined ? 'Dovecot is not installed' : whyNoGateway()
const startPersonal = (mail: TestMail) => startGatewayProduct(mail, { gateway: 'http' })

describe.skipIf(missing !== undefined)(
  `the functions of a personal stage${missing ? ` (not run: ${missing})` : ''}`,
  () => describeWholeProduct('the HTTP API', useProduct(startPersonal, startDovecot)),
)
