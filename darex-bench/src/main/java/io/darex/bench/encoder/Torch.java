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
          "this build is without PyTorch, DAREX_PROFILES=torch (torch-gpu for cards) in the"
              + " environment builds it in");
    } catch (UnsatisfiedLinkError e) {
      String why = e.getMessage() + (e.getCause() == null ? "" : ": " + e.getCause().getMessage());
      return Optional.of(
          "PyTorch's library for " + Loader.getPlatform() + " cannot be loaded: " + why);
    }
  }

  /** In one sentence, why a device cannot be had, where there is PyTorch. */
  static Optional<String> missing(Device device) {
    if (device.card().isEmpty()) {
      return Optional.empty();
    }
    int cards = cards();
    if (device.card().getAsInt() < cards) {
      return Optional.empty();
    }
    if (cards > 0) {
      return Optional.of("expected " + (cards == 1 ? "cuda:0" : "cuda:0 to cuda:" + (cards - 1)));
    }
    return Optional.of(noCard());
  }

  /** In one sentence, why PyTorch sees no card. */
  static String noCard() {
    return torch.show_config().getString().contains("CUDA Runtime")
        ? Gpus.none(System.getenv("CUDA_VISIBLE_DEVICES"))
        : "this build's PyTorch computes on processors alone, DAREX_PROFILES=torch-gpu in the"
            + " environment builds the one for cards in";
  }

  /** A device in words, with the versions of what drives it. */
  static String described(Device device) {
    org.bytedeco.pytorch.Device resolved = device(device);
    if (resolved.is_cpu()) {
      return "processor, " + torch.get_cpu_capability().getString();
    }
    return Gpus.all().get(resolved.index()).described()
        + ", CUDA "
        + torch.getCUDAHooks().versionCUDART()
        + ", cuDNN "
        + torch.getCUDAHooks().versionRuntimeCuDNN();
  }

  /** How many cards PyTorch can use. */
  static int cards() {
    return torch.hasCUDA() ? torch.getCUDAHooks().getNumGPUs() : 0;
  }

  /** A device of PyTorch's. */
  static org.bytedeco.pytorch.Device device(Device device) {
    int first = cards() > 0 ? 0 : -1;
    int card = device.card().orElse(device.equals(Device.AUTO) ? first : -1);
    return card < 0
        ? new org.bytedeco.pytorch.Device("cpu")
        : new org.bytedeco.pytorch.Device("cuda:" + card);
  }
}
