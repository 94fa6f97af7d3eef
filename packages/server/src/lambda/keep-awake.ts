/**
 * Node ends a process that waits for nothing it counts: a pause that is not counted, idle connections. On Lambda that would
 * end the call it serves, and the client would see 502. So each call is counted itself, until it is answered.
 */
export async function keepAwake<Answer>(serve: () => Promise<Answer>): Promise<Answer> {
  const counted = setInterval(() => {}, 60_000)
  try {
    return await serve()
  } finally {
    clearInterval(counted)
  }
}
