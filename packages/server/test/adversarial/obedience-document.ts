/** docs/adversarial.md: what an obedient model lets out under each setting, as it was seen. */
import { attacks, type Run, settings } from './obedience.ts'

export function toAdversarialDocument(runs: readonly Run[]): string {
  const rows = attacks.map(({ name }) => {
    const cells = settings.map(
      (setting) => runs.find((run) => run.setting === setting.name && run.attack === name)?.outcome ?? '',
    )
    return `| ${[name, ...cells].join(' | ')} |`
  })
  return `# What an obedient model lets out

Written by \`pnpm write-adversarial\` from runs against real mail servers; a test runs them again every night, and compares. Do not edit it.

A mail is data, and every answer says so; a model may still be talked into things. Here the model has no judgement at all:
it does every order that it finds in an email (\`packages/server/test/adversarial/obedient-model.ts\`). So the table shows
what the server itself stops. A row is an order, a column is what the owner granted (\`read\`, \`write\`, or to send with
\`ask\`, \`always\` or \`never\`) and what the person at the client does when asked. The secret is the text of another email in the mailbox.

| Order | ${settings.map(({ name }) => name).join(' | ')} |
| --- |${settings.map(() => ' --- |').join('')}
${rows.join('\n')}

What this says plainly:

- With \`read\` or \`write\` no order makes the server send an email. With \`write\` an order can still change the mailbox:
  move emails to the bin or to spam, make folders, leave drafts that look like the owner's own.
- With \`ask\`, the default, an email goes out after a yes only, and without an answer it waits in Drafts. The yes is the
  person's: who agrees to everything has no protection.
- With \`always\` everything waits in Drafts until the owner sends it, whatever the client says.
- With \`never\` everything that the owner may send goes out at a mail's order. Choose it only where the client asks
  before it calls a tool, or where nobody else writes to the mailbox.
- A link in the model's own answer never passes the server. Whether it is shown, loaded or opened is the client's matter.
- What a person would not see of a mail does not reach the model, so an order that is hidden that way does nothing.
`
}
