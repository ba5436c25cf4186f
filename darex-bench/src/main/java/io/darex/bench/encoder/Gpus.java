package io.darex.bench.encoder;

import io.darex.bench.encoder.Backend.Gpu;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks the CUDA runtime for its cards. By reflection, since its classes are there in a build with
 * the profile {@code cuda} alone.
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

  private static Object get(Class<?> type, String name, Object of)
      throws ReflectiveOperationException {
    return type.getMethod(name).invoke(of);
  }
}
