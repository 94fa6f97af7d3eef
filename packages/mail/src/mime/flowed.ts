/** Text of `format=flowed` (RFC 3676) as its writer typed it: paragraphs on one line, quotes apart. */

/** RFC 3676 §4: soft breaks join, space-stuffing goes, quote depth keeps paragraphs apart. */
export function unflow(text: string, deleteSpace: boolean): string {
  const lines: string[] = []
  let open: { depth: number } | undefined
  for (const line of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0
    let content = line.slice(depth)
    if (content.startsWith(' ')) content = content.slice(1)
    const soft = content.endsWith(' ') && content !== '-- '
    if (soft && deleteSpace) content = content.slice(0, -1)
    if (open?.depth === depth && content !== '-- ') lines.push((lines.pop() ?? '') + content)
    else lines.push((depth > 0 ? `${'>'.repeat(depth)} ` : '') + content)
    open = soft ? { depth } : undefined
  }
  return lines.join('\n')
}
