package io.darex.prune.torch;

import io.darex.prune.DType;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pickle of a torch checkpoint, which is a program: run here by a machine that knows texts,
 * numbers, lists, dicts and tensors, and calls nothing but the four functions of {@link Globals}
 * that state dicts need. Whatever else it asks for is refused by name. Values are {@link String},
 * {@link Long}, {@link Double}, {@link Boolean}, {@link #NONE}, {@link List}, {@link Map}, {@link
 * Tuple}, {@link Storage} and {@link StoredTensor}.
 */
final class Pickle {
  /** Python's None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  private static final Object MARK = new Object();

  /** A tensor takes some fifteen; each is at least a few dozen bytes of memory. */
  private static final int MAX_VALUES = 1 << 22;

  private final Path path;
  private final ByteBuffer code;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Integer, Object> memo = new HashMap<>();
  private int values;

  private Pickle(Path path, ByteBuffer code) {
    this.path = path;
    this.code = code.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A tuple of Python. */
  record Tuple(List<Object> items) {}

  /**
   * Where a tensor's elements lie, as a persistent id says.
   *
   * @param key of the zip's entry {@code data/KEY}
   * @param dtype empty if it is bytes of which each tensor says the type
   * @param count of elements, or else of bytes
   */
  record Storage(String key, Optional<DType> dtype, long count) {}

  /**
   * A tensor as the pickle has it; unchecked.
   *
   * @param offset of the first element, in elements
   * @param strides in elements
   */
  record StoredTensor(
      Storage storage, DType dtype, long offset, List<Object> shape, List<Object> strides) {}

  /**
   * Runs a pickle.
   *
   * @param path of the file, for messages
   * @return what it makes
   * @throws MalformedFileException if it is damaged, too large or asks for anything that tensors do
   *     not need
   */
  static Object load(Path path, ByteBuffer code) throws IOException {
    Pickle pickle = new Pickle(path, code);
    try {
      return pickle.run();
    } catch (BufferUnderflowException e) {
      throw pickle.fault("a pickle that ends with STOP", "its end before");
    }
  }

  private Object run() throws IOException {
    while (true) {
      int op = code.get() & 0xFF;
      switch (op) {
        case 0x80 -> {
          int protocol = code.get() & 0xFF;
          if (protocol < 2 || protocol > 5) {
            throw fault("pickle protocol 2 to 5", protocol);
          }
        }
        case 0x95 -> code.getLong(); // FRAME: how many bytes follow, which nobody needs
        case '(' -> push(MARK);
        case '.' -> {
          Object made = pop();
          if (!stack.isEmpty()) {
            throw fault("one value at the pickle's end", stack.size() + 1);
          }
          return made;
        }
        case 'N' -> push(NONE);
        case 0x88 -> push(true);
        case 0x89 -> push(false);
        case 'K' -> push((long) (code.get() & 0xFF));
        case 'M' -> push((long) (code.getShort() & 0xFFFF));
        case 'J' -> push((long) code.getInt());
        case 0x8a -> push(integer(code.get() & 0xFF));
        case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(code.getLong())));
        case 'X' -> push(text(code.getInt()));
        case 0x8c -> push(text(code.get() & 0xFF));
        case ']' -> push(new ArrayList<>());
        case '}' -> push(new LinkedHashMap<>());
        case ')' -> push(new Tuple(List.of()));
        case 0x85, 0x86, 0x87 -> push(new Tuple(last(op - 0x84)));
        case 't' -> push(new Tuple(sinceMark()));
        case 'a' -> {
          Object item = pop();
          list().add(item);
        }
        case 'e' -> {
          List<Object> items = sinceMark();
          list().addAll(items);
        }
        case 's' -> set(last(2));
        case 'u' -> set(sinceMark());
        case 'q' -> memo.put(code.get() & 0xFF, top());
        case 'r' -> memo.put(code.getInt(), top());
        case 0x94 -> memo.put(memo.size(), top());
        case 'h' -> push(remembered(code.get() & 0xFF));
        case 'j' -> push(remembered(code.getInt()));
        case 'c' -> push(Globals.named(path, line(), line()));
        case 0x93 -> {
          List<Object> name = last(2);
          push(Globals.named(path, String.valueOf(name.get(0)), String.valueOf(name.get(1))));
        }
        case 'R' -> {
          List<Object> call = last(2);
          push(Globals.call(path, call.get(0), call.get(1)));
        }
        case 'b' -> {
          pop(); // the attributes of an OrderedDict: versions of modules
          if (!(top() instanceof Map)) {
            throw fault("attributes of a dict only", "those of " + words(top()));
          }
        }
        case 'Q' -> push(Globals.storage(path, pop()));
        default ->
            throw fault(
                "the opcodes of a state dict only",
                "%s (0x%02x) at byte %d: this pickle is more than tensors, and is not run"
                    .formatted(Globals.opcode(op), op, code.position() - 1));
      }
    }
  }

  private void push(Object value) throws IOException {
    if (++values > MAX_VALUES) {
      throw fault("a pickle of at most " + MAX_VALUES + " values", "more");
    }
    stack.add(value);
  }

  private Object pop() throws IOException {
    Object top = top();
    stack.remove(stack.size() - 1);
    return top;
  }

  private Object top() throws IOException {
    if (stack.isEmpty() || stack.get(stack.size() - 1) == MARK) {
      throw fault("a value before byte " + code.position() + " of the pickle", "none");
    }
    return stack.get(stack.size() - 1);
  }

  private List<Object> last(int count) throws IOException {
    Object[] items = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      items[i] = pop();
    }
    return List.of(items);
  }

  private List<Object> sinceMark() throws IOException {
    int mark = stack.lastIndexOf(MARK);
    if (mark < 0) {
      throw fault("a mark before byte " + code.position() + " of the pickle", "none");
    }
    List<Object> since = stack.subList(mark + 1, stack.size());
    List<Object> items = List.copyOf(since);
    since.clear();
    stack.remove(mark);
    return items;
  }

  @SuppressWarnings("unchecked") // lists hold anything
  private List<Object> list() throws IOException {
    if (top() instanceof List<?> list) {
      return (List<Object>) list;
    }
    throw fault("a list to append to", words(top()));
  }

  @SuppressWarnings("unchecked") // dicts hold anything
  private void set(List<Object> items) throws IOException {
    if (!(top() instanceof Map<?, ?> map) || items.size() % 2 != 0) {
      throw fault("keys and values for a dict", items.size() + " values for " + words(top()));
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String || key instanceof Long)) {
        throw fault("texts or whole numbers as keys of a dict", words(key));
      }
      ((Map<Object, Object>) map).put(key, items.get(i + 1));
    }
  }

  private Object remembered(int place) throws IOException {
    Object value = memo.get(place);
    if (value == null) {
      throw fault("something remembered as " + place + " in the pickle", "nothing");
    }
    return value;
  }

  /** A little-endian two's complement number of that many bytes. */
  private long integer(int length) throws IOException {
    if (length > Long.BYTES) {
      throw fault("whole numbers of at most 8 bytes", length + " bytes");
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (code.get() & 0xFFL) << (Byte.SIZE * i);
    }
    int unused = Long.SIZE - Byte.SIZE * length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  private String text(int length) {
    if (length < 0 || length > code.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    code.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String line() {
    int end = code.position();
    while (end < code.limit() && code.get(end) != '\n') {
      end++;
    }
    String line = text(end - code.position());
    code.get();
    return line;
  }

  /** What a value is, for messages; never what it holds, which may be endless. */
  static String words(Object value) {
    if (value instanceof Map) {
      return "a dict";
    }
    if (value instanceof List) {
      return "a list";
    }
    if (value instanceof Tuple tuple) {
      return "a tuple of " + tuple.items().size();
    }
    if (value instanceof String || value instanceof Number || value instanceof Boolean) {
      return (value instanceof String ? "the text '%s'" : "the value %s").formatted(value);
    }
    if (value instanceof StoredTensor) {
      return "a tensor";
    }
    return value instanceof Storage ? "a storage" : value.toString();
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(path, expected, found);
  }
}
