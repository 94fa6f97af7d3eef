/** How the functions reach mail servers: public ones, and those that the stage names in its own network. */
import { type Connector, createConnector, createHostPolicy } from '@email-connector/mail'
import type { InternalMail } from '../settings.ts'

export function createMailConnector(internal: InternalMail): Connector {
  return createConnector({ policy: createHostPolicy({ internalHosts: internal.hosts }), internal })
}
