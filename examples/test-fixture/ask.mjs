/** What is tested: asks a server a question, and asks again over another association if the first one is lost. */
export async function ask(stack, peers, question) {
  for (let attempt = 1; ; attempt++) {
    const socket = stack.socket();
    try {
      const association = await socket.connectx(peers, { timeoutMs: 20_000 });
      await association.send(question);
      const answer = await association.receive({ timeoutMs: 20_000 });
      return new TextDecoder().decode(answer?.data);
    } catch (error) {
      if (attempt === 3) throw error;
      socket.abort();
    } finally {
      await socket.close();
    }
  }
}
