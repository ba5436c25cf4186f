package io.darex.optim;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import lombok.extern.slf4j.Slf4j;
import org.nd4j.linalg.api.ops.executioner.OpExecutioner;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Which {@link Kernel}s run: on host memory the Vector API where the JVM was started with its
 * module, else plain loops; ND4J's operations on any other backend.
 *
 * <p>The system property {@code darex.kernel}, one of {@code vector | plain | nd4j}, overrides
 * that, for measurements and tests, and for JVMs without C2, where vectors crawl. A training
 * resumed on {@code plain} instead of {@code vector} or the other way round goes on bitwise; on
 * {@code nd4j} to 1e-6 only.
 */
@Slf4j
enum KernelChoice {
  /** Host memory, {@code jdk.incubator.vector}; arrays of double fall to plain loops. */
  VECTOR,
  /** Host memory, loops that the JIT compiler makes vector code of. */
  PLAIN,
  /** Any memory ND4J has operations for. */
  ND4J;

  static final String PROPERTY = "darex.kernel";
  private static final String MODULE = "jdk.incubator.vector";
  private static final Set<KernelChoice> LOGGED = ConcurrentHashMap.newKeySet();

  /**
   * The choice in force, which is logged the first time it is made.
   *
   * @throws IllegalArgumentException if the property has another value
   * @throws IllegalStateException if it asks for what this JVM or backend cannot do
   */
  static KernelChoice current() {
    String forced = System.getProperty(PROPERTY);
    KernelChoice choice = forced == null ? best() : named(forced);
    if (LOGGED.add(choice)) {
      log.info(
          "AdamR steps run on the {} kernel{}",
          choice,
          forced == null && choice == PLAIN
              ? "; the JVM option --add-modules " + MODULE + " makes them faster"
              : "");
    }
    return choice;
  }

  private static KernelChoice best() {
    if (!onHost()) {
      return ND4J;
    }
    return hasModule() ? VECTOR : PLAIN;
  }

  private static KernelChoice named(String name) {
    KernelChoice choice =
        Arrays.stream(values())
            .filter(c -> c.toString().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "%s must be one of %s, got %s"
                            .formatted(PROPERTY, Arrays.toString(values()), name)));
    if (choice != ND4J && !onHost()) {
      throw new IllegalStateException(
          "%s=%s needs arrays in host memory, this backend is %s"
              .formatted(PROPERTY, name, Nd4j.getExecutioner().type()));
    }
    if (choice == VECTOR && !hasModule()) {
      throw new IllegalStateException(
          "%s=%s needs the JVM option --add-modules %s".formatted(PROPERTY, name, MODULE));
    }
    return choice;
  }

  private static boolean onHost() {
    return Nd4j.getExecutioner().type() == OpExecutioner.ExecutionerType.NATIVE_CPU;
  }

  private static boolean hasModule() {
    return ModuleLayer.boot().findModule(MODULE).isPresent();
  }

  /**
   * The loops of a float kernel on host memory. By name, because they are compiled apart: their
   * source draws a warning that cannot be switched off where all others are errors.
   */
  FloatLoops floatLoops() {
    if (this == PLAIN) {
      return new PlainFloatLoops();
    }
    try {
      return Class.forName(KernelChoice.class.getPackageName() + ".VectorFloatLoops")
          .asSubclass(FloatLoops.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the vector kernel is missing from this build", e);
    }
  }

  /** Its name in the property and the log. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
