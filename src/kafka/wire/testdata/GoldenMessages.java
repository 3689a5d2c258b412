// Writes the golden bytes of golden_messages.inc with Kafka's own classes, an encoder that shares nothing with ours:
//
//   java -cp kafka-clients-3.9.0.jar:slf4j-api.jar GoldenMessages.java Produce Fetch ... > golden_messages.inc
//
// Every message is filled through reflection, from a fixed seed, with all the fields that its schema has in that version;
// every other sample has null wherever null is allowed.
import java.lang.reflect.*;
import java.nio.ByteBuffer;
import java.util.*;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.protocol.types.*;
import org.apache.kafka.common.record.MemoryRecords;

public class GoldenMessages {
  static Random random;
  static boolean nulls;

  public static void main(String[] apis) throws Exception {
    System.out.println("// Made by GoldenMessages.java with Apache Kafka " + org.apache.kafka.common.utils.AppInfoParser.getVersion()
        + ": {message, version, bytes in hexadecimal}.");
    for (String api : apis)
      for (String kind : new String[] {"Request", "Response"}) write(api + kind);
  }

  static void write(String name) throws Exception {
    Class<?> type = Class.forName("org.apache.kafka.common.message." + name + "Data");
    Schema[] schemas = (Schema[]) type.getField("SCHEMAS").get(null);
    for (short version = 0; version < schemas.length; version++) {
      if (schemas[version] == null) continue;
      for (int sample = 0; sample < 2; sample++) {
        random = new Random(name.hashCode() * 31L + version * 2 + sample);
        nulls = sample == 1;
        Message message = (Message) type.getConstructor().newInstance();
        fill(message, schemas[version]);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        ByteBuffer out = ByteBuffer.allocate(message.size(cache, version));
        message.write(new ByteBufferAccessor(out), cache, version);
        System.out.println("{\"" + name + "\", " + version + ", \"" + HexFormat.of().formatHex(out.array()) + "\"},");
      }
    }
  }

  static void fill(Object object, Schema schema) throws Exception {
    for (BoundField bound : schema.fields()) {
      if (bound.def.type instanceof TaggedFields tagged) {
        for (org.apache.kafka.common.protocol.types.Field field : fieldsOf(tagged)) set(object, field);
      } else {
        set(object, bound.def);
      }
    }
  }

  static void set(Object object, org.apache.kafka.common.protocol.types.Field def) throws Exception {
    java.lang.reflect.Field field = null;
    for (java.lang.reflect.Field f : object.getClass().getDeclaredFields())
      if (!Modifier.isStatic(f.getModifiers()) && snake(f.getName()).equals(snake(def.name))) field = f;
    if (field == null) throw new IllegalStateException(object.getClass() + " has no " + def.name);
    field.setAccessible(true);
    field.set(object, value(field.getType(), field.getGenericType(), def.type));
  }

  @SuppressWarnings("unchecked")
  static Collection<org.apache.kafka.common.protocol.types.Field> fieldsOf(TaggedFields tagged) throws Exception {
    java.lang.reflect.Field fields = TaggedFields.class.getDeclaredField("fields");
    fields.setAccessible(true);
    return ((Map<Integer, org.apache.kafka.common.protocol.types.Field>) fields.get(tagged)).values();
  }

  static String snake(String name) {
    return name.replace("_", "").toLowerCase();
  }

  static Object value(Class<?> type, java.lang.reflect.Type generic, org.apache.kafka.common.protocol.types.Type wire)
      throws Exception {
    if (nulls && wire.isNullable()) return null;
    if (type == boolean.class) return random.nextBoolean();
    if (type == byte.class || type == Byte.class) return (byte) random.nextInt();
    if (type == short.class || type == Short.class) return (short) random.nextInt();
    if (type == int.class || type == Integer.class) return random.nextInt();
    if (type == long.class || type == Long.class) return random.nextLong();
    if (type == double.class) return random.nextDouble();
    if (type == String.class) return "text-" + random.nextInt(100000);
    if (type == Uuid.class) return new Uuid(random.nextLong(), random.nextLong());
    byte[] bytes = new byte[random.nextInt(6)];
    random.nextBytes(bytes);
    if (type == byte[].class) return bytes;
    if (type == ByteBuffer.class) return ByteBuffer.wrap(bytes);
    if (type.getName().endsWith("BaseRecords")) return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
    if (Collection.class.isAssignableFrom(type)) return collection(type, generic, wire);
    Object nested = type.getConstructor().newInstance();
    fill(nested, (Schema) wire);
    return nested;
  }

  @SuppressWarnings("unchecked")
  static Object collection(Class<?> type, java.lang.reflect.Type generic, org.apache.kafka.common.protocol.types.Type wire)
      throws Exception {
    boolean list = type.isAssignableFrom(ArrayList.class);
    java.lang.reflect.Type holder = list ? generic : type.getGenericSuperclass();
    Class<?> element = (Class<?>) ((ParameterizedType) holder).getActualTypeArguments()[0];
    Collection<Object> values = (Collection<Object>) (list ? new ArrayList<>() : type.getConstructor().newInstance());
    org.apache.kafka.common.protocol.types.Type item = wire.arrayElementType().get();
    for (int count = 1 + random.nextInt(2); count > 0; count--) values.add(value(element, element, item));
    return values;
  }
}
