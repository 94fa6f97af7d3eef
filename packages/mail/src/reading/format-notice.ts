/**
 * The words of a notice that an email has to be seen as HTML: "Your mail program cannot show this message. To view it in
 * a browser, follow this link." A closed list, and nothing but these words is taken for a notice: none of them names a
 * person, an amount or a thing to send, so that no order can be written in them that would mean anything.
 */

/** At least one of them says that it is a notice. */
const form = `html browser browsers graphic graphics graphical images pictures format formatted formatting version display displayed
   displays view viewing webpage navigateur affichage affiche afficher visualiser
   ansicht sehen anzeigen angezeigt ansehen darstellung darstellen bilder grafiken webansicht
   navegador formato imágenes ver visualizar versión versão imagens browserversie weergave weergeven bekijken bekijk
   afbeeldingen seeing visualizzare visualizza visualizzi immagini formato versione`

const others =
  // English
  `a able account administrator also alternatively an and any appear appears application applications are as at
   attempted available be because been being below bottom but by can cannot capable change changing chose click
   clicking client complete consider contact content copy correctly deliver delivered device didn does doesn don e
   either email emails enable enabled enhanced enjoy enjoyment error follow following for from full go group groups
   has have having here how however if in information internet into is isn issue it its latest learn like link
   links list ll load loaded look mail mailing member message messages mobile modification modify more newsletter
   not of on online only open option options or our page paste plain please posted prefer preference preferences
   problem problems program programs properly provider re read reader reading receive received receiving recommend
   remove removed removes s see sent service set settings show shown shows site so software stories
   subscribed subscription support supported supports switch system t text thank thanks that the their them there
   these this to today top toward trouble try unable unsubscribe up url use used user uses using ve visit visiting
   want was we web website well were when where which will window with without won would you your ` +
  // German
  `aber als an auf aus bei bitte browser darzustellen das dem den der deren des dich die dies diese diesem diesen dieser
   dieses dir du ein eine einem einen einer falls folgen folgenden für hier html ihr ihre ihrem ihren im in ist kann kannst
   kein keine klicken klicke können korrekt link links mail mails nachricht newsletter nicht nur oder online öffnen
   programm lesen richtig seite sie sollte um und unterstützt vollständig wenn werden wird zu zum zur ` +
  // French
  `affichage affiche au avec bien ce cet cette ci cliquer cliquez correctement courrier dans de des dessous du en est et
   format i ici il je la le les lien ligne lire logiciel message messagerie n ne ou page par pas peut pour prend pouvez
   que qui si suivant sur texte un une veuillez visualisez vos votre vous ` +
  // Spanish and Portuguese
  `abra acceda aceder aqui aquí a ao clic clique com como con conseguir consegue correctamente corretamente correo de del
   desta deste do e el em en enlace esta este esto haga haz la las leer línea ler los mensaje mensagem na não no o os para
   pincha pode por pulse puede puedes pulsa que se seguinte seu si siguiente su texto tu um uma un una você ` +
  // Italian and Dutch
  `al bericht dan lees nieuwsbrief riesci clicca cliccare correttamente dat deze di dit door een fai goed het hier hij in je juist kan klik leggere
   leggi lezen link messaggio met mail niet non nel nella niets of online om op openen pagina per per posta programma
   puoi qui quest questa questo sei se te tekst testo u un una uw van visualizzato volgende voor weergegeven wordt`

const formWords: ReadonlySet<string> = new Set(form.split(/\s+/))
const noticeWords: ReadonlySet<string> = new Set([...formWords, ...others.split(/\s+/)])

export function namesForm(word: string): boolean {
  return formWords.has(word)
}

export function isNoticeWord(word: string): boolean {
  return noticeWords.has(word)
}
