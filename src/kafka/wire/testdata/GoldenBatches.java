// Writes the golden bytes of golden_batches.inc with Kafka's own classes: record batches of magic 2 in every codec, message
// sets of magic 0 and 1, a transaction marker, and the records of __consumer_offsets.
//
//   java -cp kafka-clients-3.9.0.jar:kafka-group-coordinator.jar:lz4-java.jar:snappy-java.jar:zstd-jni.jar:slf4j-api.jar \
//     GoldenBatches.java > golden_batches.inc
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.*;
import org.apache.kafka.coordinator.group.generated.*;

public class GoldenBatches {
  static final long TIME = 1767225600000L;

  static void print(String name, ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    System.out.println("{\"" + name + "\", \"" + HexFormat.of().formatHex(copy) + "\"},");
  }

  static MemoryRecords records(byte magic, CompressionType codec) {
    ByteBuffer out = ByteBuffer.allocate(65536);
    MemoryRecordsBuilder builder =
        magic == 2
            ? new MemoryRecordsBuilder(out, magic, Compression.of(codec).build(), TimestampType.CREATE_TIME, 100L, -1L, 4711L, (short) 3, 17,
                false, false, 5, 65536)
            : MemoryRecords.builder(out, magic, Compression.of(codec).build(), TimestampType.CREATE_TIME, 0L, TIME);
    Header[] headers = {new RecordHeader("name", "value".getBytes()), new RecordHeader("null", (byte[]) null)};
    long base = magic == 2 ? 100 : 0;
    byte[] big = new byte[700];
    Arrays.fill(big, (byte) 'x');
    long time = magic == 0 ? RecordBatch.NO_TIMESTAMP : TIME;
    builder.appendWithOffset(base, time, "k0".getBytes(), "v0".getBytes(), magic == 2 ? headers : new Header[0]);
    builder.appendWithOffset(base + 1, magic == 0 ? time : time - 5, null, "v1".getBytes());
    builder.appendWithOffset(base + 2, magic == 0 ? time : time + 7, "k2".getBytes(), (byte[]) null);
    builder.appendWithOffset(base + 3, magic == 0 ? time : time + 1, "".getBytes(), big);
    return builder.build();
  }

  static ByteBuffer versioned(int version, Message message) {
    return MessageUtil.toVersionPrefixedByteBuffer((short) version, message);
  }

  public static void main(String[] args) {
    System.out.println("// Made by GoldenBatches.java with Apache Kafka "
        + org.apache.kafka.common.utils.AppInfoParser.getVersion() + ": {name, bytes in hexadecimal}.");
    for (byte magic = 0; magic <= 2; magic++)
      for (CompressionType codec : CompressionType.values())
        if (magic == 2 || codec != CompressionType.ZSTD) print("magic" + magic + "-" + codec.name, records(magic, codec).buffer());
    print("marker-commit", MemoryRecords.withEndTransactionMarker(0L, TIME, -1, 4711L, (short) 3,
        new EndTransactionMarker(ControlRecordType.COMMIT, 9)).buffer());
    print("marker-abort", MemoryRecords.withEndTransactionMarker(0L, TIME, -1, 4711L, (short) 3,
        new EndTransactionMarker(ControlRecordType.ABORT, 9)).buffer());
    print("offset-key", versioned(1, new OffsetCommitKey().setGroup("group").setTopic("topic").setPartition(7)));
    print("offset-value", versioned(3, new OffsetCommitValue().setOffset(42).setLeaderEpoch(2).setMetadata("meta").setCommitTimestamp(TIME)));
    print("group-key", versioned(2, new GroupMetadataKey().setGroup("group")));
    print("group-value", versioned(3, new GroupMetadataValue().setProtocolType("consumer").setGeneration(5).setProtocol("range")
        .setLeader("m-1").setCurrentStateTimestamp(TIME).setMembers(List.of(new GroupMetadataValue.MemberMetadata()
            .setMemberId("m-1").setGroupInstanceId("static").setClientId("client").setClientHost("/127.0.0.1")
            .setRebalanceTimeout(300000).setSessionTimeout(45000).setSubscription(new byte[] {1, 2, 3}).setAssignment(new byte[] {4, 5})))));
  }
}
