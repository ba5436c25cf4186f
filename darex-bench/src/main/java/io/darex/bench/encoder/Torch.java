package io.darex.bench.encoder;

import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;

/** Whether there is PyTorch: only a build with the Maven profile {@code torch} has its library. */
final class Torch {
  private static final Optional<String> MISSING = load();

  private Torch() {}

  /** In one sentence, why there is none. */
  static Optional<String> missing() {
    return MISSING;
  }

  private static Optional<String> load() {
    try {
      Loader.load(torch.class);
      return Optional.empty();
    } catch (NoClassDefFoundError | TypeNotPresentException e) {
      // Without the profile its classes, or those of its newer JavaCPP, are not there.
      return Optional.of(
          "this build is without PyTorch, DAREX_PROFILES=torch in the environment builds it in");
    } catch (UnsatisfiedLinkError e) {
      String why = e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause().getMessage());
      return Optional.of(
          "PyTorch's library for " + Loader.getPlatform() + " cannot be loaded: " + why);
    }
  }
}
