// KafkaJS through TLS and SASL: settings as JSON on standard input (security_test.py). The right password goes round, a
// wrong one is told as what it is.
const fs = require('fs');
const { Kafka, logLevel } = require('kafkajs');

const given = JSON.parse(fs.readFileSync(0, 'utf8'));

const client = (password) =>
  new Kafka({
    clientId: 'judge',
    brokers: [given.broker],
    logLevel: logLevel.NOTHING,
    retry: { retries: 2 },
    ssl: given.ca ? { ca: [fs.readFileSync(given.ca)] } : false,
    sasl: { mechanism: given.mechanism, username: given.username, password },
  });

async function main() {
  const topic = `js-${given.mechanism}`;
  const producer = client(given.password).producer();
  await producer.connect();
  await producer.send({ topic, acks: -1, messages: [{ value: 'from node' }] });
  await producer.disconnect();
  const admin = client(given.password).admin();
  await admin.connect();
  const [{ high }] = await admin.fetchTopicOffsets(topic);
  if (high !== '1') throw new Error(`${high} records`);
  await admin.disconnect();
  try {
    await client('wrong').admin().connect();
  } catch (error) {
    const names = [error.name, error.cause && error.cause.name, error.originalError && error.originalError.name];
    if (names.includes('KafkaJSSASLAuthenticationError')) return;
    throw error;
  }
  throw new Error('a wrong password was taken');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
