// KafkaJS as judge: produce with gzip and without, consume in a group, commit, admin calls. Address in argv[2].
// Run by kafkajs_test.py, which starts the broker.
const { Kafka, CompressionTypes, logLevel } = require('kafkajs');

const kafka = new Kafka({ clientId: 'judge', brokers: [process.argv[2]], logLevel: logLevel.ERROR, retry: { retries: 5 } });

const check = (condition, text) => {
  if (!condition) throw new Error(text);
};

async function producesAndConsumesInAGroup() {
  const admin = kafka.admin();
  await admin.connect();
  check(await admin.createTopics({ topics: [{ topic: 'js', numPartitions: 3, replicationFactor: 1 }] }), 'the topic was not made');
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const sent = [];
  for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
    for (let i = 0; i < 30; i += 1) {
      sent.push(`${compression}-${i}`);
      await producer.send({ topic: 'js', acks: -1, compression, messages: [{ key: `k${i}`, value: sent.at(-1), headers: { n: `${i}` } }] });
    }
  }
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'js-group', sessionTimeout: 6000, heartbeatInterval: 500 });
  await consumer.connect();
  await consumer.subscribe({ topic: 'js', fromBeginning: true });
  const got = [];
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${got.length} of ${sent.length} came back`)), 40_000);
    consumer.run({
      eachMessage: async ({ message }) => {
        got.push(message.value.toString());
        if (got.length === sent.length) {
          clearTimeout(timer);
          resolve();
        }
      },
    });
  });
  check(sent.every((value) => got.includes(value)), 'other values came back');
  const { groups } = await admin.listGroups();
  check(groups.some((g) => g.groupId === 'js-group' && g.protocolType === 'consumer'), 'the group is not listed');
  const described = (await admin.describeGroups(['js-group'])).groups[0];
  check(described.state === 'Stable' && described.members.length === 1, `described as ${described.state}`);
  await consumer.disconnect();
  const offsets = await admin.fetchOffsets({ groupId: 'js-group', topics: ['js'] });
  const committed = offsets[0].partitions.reduce((sum, p) => sum + Math.max(0, Number(p.offset)), 0);
  check(committed === sent.length, `${committed} committed`);
  check((await admin.deleteGroups(['js-group']))[0].errorCode === 0, 'the group was not deleted');
  await admin.deleteTopics({ topics: ['js'] });
  await admin.disconnect();
}

async function anIdempotentProducerWorks() {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  for (let i = 0; i < 20; i += 1) {
    const [result] = await producer.send({ topic: 'js-idem', messages: [{ value: `${i}` }] });
    check(result.baseOffset === `${i}`, `offset ${result.baseOffset} of ${i}`);
  }
  await producer.disconnect();
}

(async () => {
  let failed = 0;
  for (const test of [producesAndConsumesInAGroup, anIdempotentProducerWorks]) {
    try {
      await test();
      console.log(`ok      ${test.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${test.name}: ${error.stack}`);
    }
  }
  process.exit(failed === 0 ? 0 : 1);
})();
