/** What mailboxes are called that programs and servers made for a use, where imapflow's table does not know the name. */
const names: Readonly<Record<string, readonly string[]>> = {
  '\\Sent': [
    ...['skickade objekt', 'skickade', 'gönderilenler', 'gönderilmiş postalar'],
    ...['已傳送', '已傳送郵件', '已傳送的郵件', '보낸편지함', '보낸메일함', '보낸 메일함'],
    ...['العناصر المرسلة', 'الرسائل المرسلة'],
  ],
  '\\Junk': ['spamverdacht', '垃圾箱', '스팸편지함', '스팸메일함', '스팸 메일함'],
  '\\Trash': ['已删除', '已刪除', '刪除的郵件', '已刪除的郵件', '지운편지함', 'silinmiş postalar'],
  '\\Drafts': ['임시보관함'],
}

const attributes = new Map(
  Object.entries(names).flatMap(([attribute, some]) => some.map((name) => [toKey(name), attribute])),
)

/** The attribute of RFC 6154 that the name means. */
export function attributeOfName(name: string): string | undefined {
  return attributes.get(toKey(name))
}

function toKey(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase()
}
