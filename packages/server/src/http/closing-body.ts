/**
 * Tells when an answer is over. A streamed answer outlives the call that returned it, so whatever belongs to the
 * request (server, transport, keys) ends with its body: read to the end, failed, or given up by the client.
 */
export function whenAnswered(response: Response, ended: () => void): Response {
  if (response.body === null) {
    ended()
    return response
  }
  const reader = response.body.getReader()
  let over = false
  const end = () => {
    if (over) return
    over = true
    ended()
  }
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        end()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    cancel: (reason) => {
      end()
      return reader.cancel(reason)
    },
  })
  return new Response(body, { status: response.status, headers: response.headers })
}
