/** What is true of every tool, checked in one loop over all of them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cardToolDefinitions, toolDefinitions, tools } from '../../src/tools/catalog.ts'

/** Those of every client, and those that only clients with review cards list. */
const all = [...toolDefinitions, ...cardToolDefinitions]
const committed = new URL('../../tools.generated.json', import.meta.url)

test('R54: tools.generated.json is what the tools say (scripts/write-tools.ts writes it)', () => {
  expect(JSON.parse(readFileSync(committed, 'utf8'))).toEqual(JSON.parse(JSON.stringify(all)))
})

test.each(all.map((tool) => [tool.name, tool] as const))(
  '%s has title, four hints and two flat schemas',
  (name, tool) => {
    expect(name).toMatch(/^[a-z][a-z_]{2,40}$/)
    expect(tool.title.length).toBeGreaterThan(5)
    expect(tool.description).not.toMatch(/\b(must|always|never|should|please|you)\b/i)
    for (const hint of ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const) {
      expect(typeof tool.annotations[hint]).toBe('boolean')
    }
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    const outputSchema: { properties?: Record<string, unknown> | undefined } = tool.outputSchema ?? {}
    for (const schema of [tool.inputSchema, outputSchema]) {
      // claude.ai flattens allOf; other clients refuse combinators at the top.
      for (const key of ['anyOf', 'oneOf', 'allOf', 'not', '$ref', '$schema'])
        expect(schema).not.toHaveProperty(key)
    }
    // A 2025-era client checks the structured content of an error against the same schema, and throws.
    expect(outputSchema).not.toHaveProperty('required')
    // Pictures and files have no structured part, which a client with a schema would refuse.
    if (name === 'get_attachment') return expect(tool).not.toHaveProperty('outputSchema')
    for (const key of ['code', 'message', 'field'])
      expect(outputSchema.properties?.[key]).toEqual({ type: 'string' })
  },
)

test('a tool that only reads needs the permission to read, and the others more', () => {
  for (const tool of tools) expect(tool.annotations.readOnlyHint).toBe(tool.permission === 'read')
})

test('no two tools share a name', () => {
  expect(new Set(tools.map((tool) => tool.name)).size).toBe(tools.length)
})
