/** R14: whatever a client, a second process of it and a thief do in whatever order, at whatever pace. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDeployment, ok, problem, start, type Tokens } from './deployment.ts'

const day = 86_400

interface Step {
  readonly wait: number
  /** How many generations back the presented token is. */
  readonly back: number
  readonly parallel: number
  readonly scope: 'email:read' | undefined
}

const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(
    fc.constantFrom(0, 1, 59, 60, 61, 65, 3600, 30 * day, 89 * day, 90 * day),
    fc.nat({ max: 120 }),
  ),
  back: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constant(1) },
    fc.constantFrom(2, 3),
  ),
  parallel: fc.constantFrom(1, 1, 2, 5),
  scope: fc.constantFrom(undefined, undefined, 'email:read' as const),
})

test('R14: follows the rules of generations, expiry and scope through any sequence of refreshes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const deployment = createDeployment()
      const first = (await deployment.connect()).tokens
      // The model: what was issued and when, and whether the grant still lives.
      const issued: { tokens: Tokens; at: number }[] = [{ tokens: first, at: start }]
      let isAlive = true
      for (const { wait, back, parallel, scope } of steps) {
        deployment.clock.now += wait
        const { now } = deployment.clock
        const index = Math.max(0, issued.length - 1 - back)
        const presented = issued[index]
        const last = issued.at(-1)
        if (presented === undefined || last === undefined) throw new Error('Nothing was issued')
        const age = issued.length - 1 - index
        const isExpired = now >= Math.min(presented.at + 90 * day, start + 365 * day)
        const answers = await Promise.all(
          Array.from({ length: parallel }, () =>
            deployment.refresh(presented.tokens.refresh_token, scope === undefined ? {} : { scope }),
          ),
        )
        const repeats = age === 1 && now - last.at <= 60
        if (!isAlive || isExpired || (age > 0 && !repeats)) {
          for (const answer of answers) expect(await problem(answer)).toBe('400 invalid_grant')
          if (!isExpired) isAlive = false
        } else {
          const bodies = await Promise.all(answers.map((answer) => ok(answer)))
          const expected = age === 1 ? last.tokens : bodies[0]
          for (const body of bodies) expect(body).toEqual(expected)
          const body = bodies[0]
          if (age === 0 && body !== undefined) {
            issued.push({ tokens: body, at: now })
            expect(body.scope).toBe(scope ?? 'email:read email:write')
            expect(now + body.expires_in).toBeLessThanOrEqual(start + 365 * day)
          }
        }
        for (const [generation, { tokens, at }] of issued.entries()) {
          const replacedAt = issued[generation + 1]?.at ?? Number.POSITIVE_INFINITY
          const end = Math.min(at + 30 * day, start + 365 * day, replacedAt + 65)
          expect(await deployment.isLive(tokens.access_token)).toBe(isAlive && now < end)
        }
      }
    }),
    { numRuns: 60 },
  )
})
