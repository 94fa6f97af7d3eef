/** One bound around a call and everything it waits for, retries and the pauses between them included. */

export async function withDeadline<T>(
  deadlineMs: number,
  late: () => Error,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    // The AWS SDK does not look at the signal while it pauses between attempts: the race is what bounds those.
    timer = setTimeout(() => {
      reject(late())
      abort.abort()
    }, deadlineMs)
  })
  try {
    return await Promise.race([call(abort.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}
