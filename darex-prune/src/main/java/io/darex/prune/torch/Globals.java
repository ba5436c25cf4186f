package io.darex.prune.torch;

import io.darex.prune.DType;
import io.darex.prune.file.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that a {@link Pickle} may name: the functions that make dicts and tensors, and the types of
 * storages and elements.
 */
final class Globals {
  /** The functions that may be called. */
  private enum Function {
    ORDERED_DICT,
    TENSOR,
    TENSOR_OF_TYPE,
    PARAMETER
  }

  /**
   * A type of elements.
   *
   * @param dtype as safetensors spells it; empty for bytes of any type
   * @param storage whether it is the name of a storage and not of the type itself
   */
  private record Type(String name, Optional<String> dtype, boolean storage) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String UNTYPED = "torch.storage UntypedStorage";

  private static final Map<String, Function> FUNCTIONS =
      Map.of(
          "collections OrderedDict", Function.ORDERED_DICT,
          "torch._utils _rebuild_tensor_v2", Function.TENSOR,
          "torch._utils _rebuild_tensor_v3", Function.TENSOR_OF_TYPE,
          "torch._utils _rebuild_parameter", Function.PARAMETER);

  private static final Map<String, Type> TYPES = types();

  /** What a pickle that does more than tensors begins it with. */
  private static final Map<Integer, String> OPCODES =
      Map.of(
          0x81,
          "NEWOBJ",
          0x92,
          "NEWOBJ_EX",
          (int) 'i',
          "INST",
          (int) 'o',
          "OBJ",
          (int) 'P',
          "PERSID",
          0x82,
          "EXT1",
          0x83,
          "EXT2",
          0x84,
          "EXT4",
          0x8f,
          "EMPTY_SET",
          (int) 'C',
          "SHORT_BINBYTES");

  private Globals() {}

  private static Map<String, Type> types() {
    Map<String, Type> types = new HashMap<>();
    types.put(UNTYPED, new Type(UNTYPED, Optional.empty(), true));
    String[][] table = {
      {"Double", "float64", "F64"},
      {"Float", "float32", "F32"},
      {"Half", "float16", "F16"},
      {"BFloat16", "bfloat16", "BF16"},
      {"Long", "int64", "I64"},
      {"Int", "int32", "I32"},
      {"Short", "int16", "I16"},
      {"Char", "int8", "I8"},
      {"Byte", "uint8", "U8"},
      {"Bool", "bool", "BOOL"},
      {"ComplexFloat", "complex64", "C64"},
      {"", "uint64", "U64"},
      {"", "uint32", "U32"},
      {"", "uint16", "U16"},
      {"", "float8_e4m3fn", "F8_E4M3"},
      {"", "float8_e5m2", "F8_E5M2"},
    };
    for (String[] row : table) {
      String storage = "torch " + row[0] + "Storage";
      if (!row[0].isEmpty()) {
        types.put(storage, new Type(storage, Optional.of(row[2]), true));
      }
      types.put("torch " + row[1], new Type("torch " + row[1], Optional.of(row[2]), false));
    }
    return types;
  }

  /**
   * What a pickle means by a name.
   *
   * @throws MalformedFileException if it may not name that
   */
  static Object named(Path path, String module, String name) throws IOException {
    String key = module + " " + name;
    Object found = FUNCTIONS.containsKey(key) ? FUNCTIONS.get(key) : TYPES.get(key);
    if (found == null) {
      throw new MalformedFileException(
          path,
          "a pickle of tensors only",
          module + "." + name + ": it is neither loaded nor run; save the state dict alone");
    }
    return found;
  }

  /** The name of an opcode that is refused. */
  static String opcode(int op) {
    return OPCODES.getOrDefault(op, "opcode");
  }

  /**
   * Calls a function.
   *
   * @throws MalformedFileException if it is none, or the arguments are not what torch gives it
   */
  static Object call(Path path, Object function, Object arguments) throws IOException {
    if (!(function instanceof Function known) || !(arguments instanceof Pickle.Tuple tuple)) {
      throw new MalformedFileException(
          path, "a call of a function", "one of " + Pickle.words(function));
    }
    List<Object> given = tuple.items();
    boolean fits =
        switch (known) {
          case ORDERED_DICT -> given.isEmpty();
          case TENSOR -> given.size() >= 6 && given.size() <= 7 && isTensor(given);
          case TENSOR_OF_TYPE ->
              given.size() >= 7
                  && given.size() <= 8
                  && isTensor(given)
                  && given.get(6) instanceof Type type
                  && !type.storage;
          case PARAMETER -> given.size() == 3 && given.get(0) instanceof Pickle.StoredTensor;
        };
    if (!fits) {
      throw new MalformedFileException(
          path,
          "the arguments that torch gives " + known,
          given.stream().limit(8).map(Pickle::words).toList());
    }
    return switch (known) {
      case ORDERED_DICT -> new LinkedHashMap<>();
      case TENSOR -> tensor(path, given, ((Pickle.Storage) given.get(0)).dtype());
      case TENSOR_OF_TYPE -> tensor(path, given, dtype(path, (Type) given.get(6)));
      case PARAMETER -> given.get(0);
    };
  }

  private static boolean isTensor(List<Object> given) {
    return given.get(0) instanceof Pickle.Storage
        && given.get(1) instanceof Long
        && given.get(2) instanceof Pickle.Tuple
        && given.get(3) instanceof Pickle.Tuple;
  }

  private static Pickle.StoredTensor tensor(Path path, List<Object> given, Optional<DType> dtype)
      throws IOException {
    return new Pickle.StoredTensor(
        (Pickle.Storage) given.get(0),
        dtype.orElseThrow(
            () -> new MalformedFileException(path, "a tensor of a type", "one of " + UNTYPED)),
        (Long) given.get(1),
        ((Pickle.Tuple) given.get(2)).items(),
        ((Pickle.Tuple) given.get(3)).items());
  }

  /**
   * What a persistent id stands for: {@code ("storage", type, key, device, count)}.
   *
   * @throws MalformedFileException if it is anything else
   */
  static Pickle.Storage storage(Path path, Object id) throws IOException {
    List<Object> parts = id instanceof Pickle.Tuple tuple ? tuple.items() : List.of();
    if (parts.size() == 5
        && "storage".equals(parts.get(0))
        && parts.get(1) instanceof Type type
        && type.storage
        && parts.get(2) instanceof String key
        && parts.get(4) instanceof Long count
        && count >= 0) {
      return new Pickle.Storage(key, dtype(path, type), count);
    }
    throw new MalformedFileException(
        path,
        "a storage: ('storage', type, key, device, size)",
        parts.isEmpty() ? Pickle.words(id) : parts.stream().limit(8).map(Pickle::words).toList());
  }

  /** Empty for a storage of bytes. */
  private static Optional<DType> dtype(Path path, Type type) throws IOException {
    if (type.dtype.isEmpty()) {
      return Optional.empty();
    }
    // By name, as a file's: which types there are is for DType to say.
    for (DType dtype : DType.values()) {
      if (dtype.name().equals(type.dtype.get())) {
        return Optional.of(dtype);
      }
    }
    throw new MalformedFileException(
        path, "a dtype of " + Arrays.toString(DType.values()), type.name);
  }
}
