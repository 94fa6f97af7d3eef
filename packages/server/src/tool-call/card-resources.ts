/**
 * The review card as a resource, for clients that show cards. Others are told of no resources at all, so that they need
 * not ask for a list without an entry.
 */
import { ProtocolError, ResourceNotFoundError, type Server } from '@modelcontextprotocol/server'
import { listCards, readCard } from '../cards/review-card.ts'

const methodNotFound = -32601

export function serveCards(server: Server, showsCards: () => boolean): void {
  const all = server.getCapabilities()
  const { resources: _, ...others } = all
  // The SDK reads them after the client has said what it is, and has no hook between the two.
  server.getCapabilities = () => (showsCards() ? all : others)
  const forCards =
    <Given, Answer>(handle: (given: Given) => Answer) =>
    (given: Given) => {
      if (!showsCards()) throw new ProtocolError(methodNotFound, 'Method not found')
      return handle(given)
    }
  server.setRequestHandler(
    'resources/list',
    forCards(() => ({ resources: listCards() })),
  )
  server.setRequestHandler(
    'resources/templates/list',
    forCards(() => ({ resourceTemplates: [] })),
  )
  server.setRequestHandler(
    'resources/read',
    forCards(({ params: { uri } }: { params: { uri: string } }) => {
      const contents = readCard(uri)
      if (contents === undefined) throw new ResourceNotFoundError(uri)
      return { contents }
    }),
  )
}
