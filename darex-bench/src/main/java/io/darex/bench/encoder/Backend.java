package io.darex.bench.encoder;

import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.nd4j.common.config.ND4JClassLoading;

/**
 * Which of ND4J's backends computes: decided before ND4J starts, because ND4J itself would count a
 * card that it has no code for as available and fail at its first kernel.
 *
 * @param cuda whether it is the CUDA backend
 * @param notice one line to say, where the choice may surprise
 * @param refusal why neither may be started, where that is so
 */
public record Backend(boolean cuda, Optional<String> notice, Optional<String> refusal) {
  /** ND4J's own defaults, and the variables of the environment that change them. */
  private static final String CPU_VARIABLE = "BACKEND_PRIORITY_CPU";

  private static final String GPU_VARIABLE = "BACKEND_PRIORITY_GPU";
  private static final String SERVICE = "META-INF/services/org.nd4j.linalg.factory.Nd4jBackend";
  private static final String CUDA_PACKAGE = "org.nd4j.linalg.jcublas";

  /**
   * A card.
   *
   * @param name as its driver says
   * @param major first number of its compute capability
   * @param minor second number of its compute capability
   * @param bytes its memory
   */
  public record Gpu(String name, int major, int minor, long bytes) {
    /** nd4j-cuda-11.6 has machine code for 3.7 to 8.6 and no PTX; within 8.x code runs upwards. */
    boolean supported() {
      return major < 9 && (major > 3 || (major == 3 && minor >= 7));
    }

    public String described() {
      return String.format(
          Locale.ROOT, "%s (compute %d.%d, %.1f GiB)", name, major, minor, bytes / 0x1p30);
    }
  }

  /**
   * The decision.
   *
   * @param present whether the CUDA backend is on the class path
   * @param gpus the cards there are
   * @param cpuPriority ND4J's priority of the CPU backend
   * @param gpuPriority and of the CUDA backend; the greater one is taken
   */
  static Backend choose(boolean present, List<Gpu> gpus, int cpuPriority, int gpuPriority) {
    if (!present || cpuPriority > gpuPriority) {
      return new Backend(false, Optional.empty(), Optional.empty());
    }
    if (gpus.isEmpty()) {
      return new Backend(
          false,
          Optional.of("no usable GPU found for the CUDA backend; computing on the CPU"),
          Optional.empty());
    }
    for (int i = 0; i < gpus.size(); i++) {
      if (!gpus.get(i).supported()) {
        return new Backend(false, Optional.empty(), Optional.of(refusal(i, gpus.get(i))));
      }
    }
    return new Backend(true, Optional.empty(), Optional.empty());
  }

  private static String refusal(int number, Gpu gpu) {
    return String.format(
        Locale.ROOT,
        "GPU %d, %s: expected compute capability 3.7 to 8.x, which is all that ND4J's CUDA backend"
            + " has code for, got %d.%d; %s=100 %s=0 in the environment computes on the CPU,"
            + " CUDA_VISIBLE_DEVICES hides a card",
        number,
        gpu.name(),
        gpu.major(),
        gpu.minor(),
        CPU_VARIABLE,
        GPU_VARIABLE);
  }

  /** The decision on this machine. */
  public static Backend here(List<Gpu> gpus) {
    return choose(
        ND4JClassLoading.classPresentOnClasspath(CUDA_PACKAGE + ".JCublasBackend"),
        gpus,
        priority(CPU_VARIABLE, 0),
        priority(GPU_VARIABLE, 100));
  }

  private static int priority(String variable, int absent) {
    String value = System.getenv(variable);
    try {
      return value == null ? absent : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new BadInputException(
          variable + ": expected a whole number, got " + BadInputException.quote(value), e);
    }
  }

  /**
   * Makes ND4J start the right backend; to be called before anything touches ND4J.
   *
   * @throws BadInputException if there is a card that ND4J would start on and fail
   */
  public static void prepare(Console console) {
    Backend backend = here(Gpus.all());
    if (backend.refusal.isPresent()) {
      throw new BadInputException(backend.refusal.get());
    }
    backend.notice.ifPresent(console::say);
    backend.apply();
  }

  /** Hides the CUDA backend from ND4J where the CPU is to compute: it would fail loudly. */
  public void apply() {
    if (!cuda) {
      ND4JClassLoading.setNd4jClassloader(new WithoutCuda(Backend.class.getClassLoader()));
    }
  }

  /** A class loader that names every backend but CUDA's. */
  private static final class WithoutCuda extends ClassLoader {
    WithoutCuda(ClassLoader parent) {
      super(parent);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      if (!name.equals(SERVICE)) {
        return super.getResources(name);
      }
      List<URL> others = new ArrayList<>();
      for (URL service : Collections.list(super.getResources(name))) {
        try (InputStream in = service.openStream()) {
          if (!new String(in.readAllBytes(), StandardCharsets.UTF_8).contains(CUDA_PACKAGE)) {
            others.add(service);
          }
        }
      }
      return Collections.enumeration(others);
    }
  }
}
