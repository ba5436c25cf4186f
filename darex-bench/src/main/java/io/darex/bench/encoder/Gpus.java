package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Backend.Gpu;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the CUDA runtime for its cards. By reflection, since its classes are there in a build with
 * the profile {@code cuda} or {@code torch-gpu} alone.
 */
public final class Gpus {
  private static final String RUNTIME = "org.bytedeco.cuda.global.cudart";
  private static final String PROPERTIES = "org.bytedeco.cuda.cudart.cudaDeviceProp";

  private Gpus() {}

  /** The cards, by number; none where there is no CUDA runtime or no driver. */
  public static List<Gpu> all() {
    List<Gpu> gpus = new ArrayList<>();
    try {
      Class<?> runtime = Class.forName(RUNTIME);
      int[] count = new int[1];
      int error = (int) runtime.getMethod("cudaGetDeviceCount", int[].class).invoke(null, count);
      Class<?> type = Class.forName(PROPERTIES);
      for (int i = 0; error == 0 && i < count[0]; i++) {
        Object properties = type.getConstructor().newInstance();
        error =
            (int)
                runtime
                    .getMethod("cudaGetDeviceProperties", type, int.class)
                    .invoke(null, properties, i);
        Object name = get(type, "name", properties);
        gpus.add(
            new Gpu(
                (String) name.getClass().getMethod("getString").invoke(name),
                (int) get(type, "major", properties),
                (int) get(type, "minor", properties),
                (long) get(type, "totalGlobalMem", properties)));
      }
    } catch (ReflectiveOperationException | LinkageError e) {
      // No CUDA runtime, or none that loads without a driver: then there is no card to use.
      return List.of();
    }
    return gpus;
  }

  /**
   * Why there is none, in one sentence, in the words of the CUDA runtime.
   *
   * @param visible CUDA_VISIBLE_DEVICES of the environment; null where it is not set
   */
  static String none(String visible) {
    String hidden =
        visible == null
            ? ""
            : "; CUDA_VISIBLE_DEVICES is "
                + BadInputException.quote(visible)
                + ", unset it shows every card";
    return "no card can be used: " + why() + hidden;
  }

  private static String why() {
    try {
      Class<?> runtime = Class.forName(RUNTIME);
      int error =
          (int) runtime.getMethod("cudaGetDeviceCount", int[].class).invoke(null, new int[1]);
      Object text = runtime.getMethod("cudaGetErrorString", int.class).invoke(null, error);
      return (String) text.getClass().getMethod("getString").invoke(text);
    } catch (ReflectiveOperationException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return "the CUDA runtime cannot be loaded, " + cause.getMessage();
    }
  }

  private static Object get(Class<?> type, String name, Object of)
      throws ReflectiveOperationException {
    return type.getMethod(name).invoke(of);
  }
}
