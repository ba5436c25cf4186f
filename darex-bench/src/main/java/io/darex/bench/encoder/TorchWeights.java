package io.darex.bench.encoder;

import io.darex.optim.Kernel;
import java.util.AbstractMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The parameters of an encoder as tensors of PyTorch: the memory of ND4J's arrays on the processor,
 * elsewhere copies of it, which are made anew only where the arrays may have changed.
 */
final class TorchWeights implements AutoCloseable {
  private final EncoderConfig config;
  private final SortedMap<String, INDArray> arrays;
  private final Slots slots;
  private final org.bytedeco.pytorch.Device device;
  private final boolean shared;
  private final Precision precision;

  /** Those of the pass under way. */
  private final SortedMap<String, Tensor> leaves = new TreeMap<>();

  private final SortedMap<String, Tensor> halves = new TreeMap<>();
  private final SortedMap<String, TorchKernel> kernels = new TreeMap<>();

  /** Whether the copies are to be made anew. */
  private boolean old = true;

  /** Whether the arrays were handed out and may change at any time. */
  private boolean lent;

  /** Whether steps were taken on the copies that the arrays have not seen. */
  private boolean stepped;

  private boolean differentiated;

  TorchWeights(
      EncoderConfig config,
      SortedMap<String, INDArray> arrays,
      Slots slots,
      Device device,
      Precision precision) {
    this.config = config;
    this.arrays = arrays;
    this.slots = slots;
    this.precision = precision;
    this.device = Torch.device(device);
    shared = this.device.is_cpu() && !device.equals(Device.APART);
  }

  /** Prepares a pass, in whose scope it is called. */
  void begin(boolean differentiated) {
    this.differentiated = differentiated;
    if (old || (lent && !stepped)) {
      if (!shared) {
        upload();
      }
      halves.values().forEach(Tensor::close);
      halves.clear();
      old = false;
    }
    if (shared) {
      leaves.clear();
      arrays.forEach((name, array) -> leaves.put(name, TorchOps.shared(array)));
    }
    for (Tensor leaf : leaves.values()) {
      leaf.requires_grad_(differentiated);
      if (differentiated && leaf.grad().defined()) {
        leaf.grad().zero_();
      }
    }
  }

  private void upload() {
    arrays.forEach(
        (name, array) -> {
          Tensor host = TorchOps.shared(array);
          if (leaves.containsKey(name)) {
            leaves.get(name).detach().copy_(host);
          } else {
            leaves.put(name, TorchOps.kept(TorchOps.copy(host, device)));
          }
        });
  }

  /** A parameter, in the pass under way. */
  Tensor get(String name) {
    return leaves.get(name);
  }

  /** Whether the products of the pass under way are in bfloat16. */
  boolean inHalf() {
    return precision == Precision.BF16 && !differentiated;
  }

  /** The matrix of a layer in bfloat16, where its product is. */
  Optional<Tensor> half(String layer) {
    Family.Head head = config.family().head();
    if (!inHalf() || layer.equals(head.dense()) || layer.equals(head.out())) {
      return Optional.empty();
    }
    return Optional.of(
        halves.computeIfAbsent(
            layer, name -> TorchOps.kept(get(name + ".weight").detach().to(ScalarType.BFloat16))));
  }

  /** A tensor of the processor where the parameters are. */
  Tensor placed(Tensor tensor) {
    return shared ? tensor : tensor.to(device, tensor.scalar_type());
  }

  /** The gradients of the pass under way. */
  Map<String, INDArray> gradients() {
    return shared ? copiedGradients() : new GradientsElsewhere();
  }

  private SortedMap<String, INDArray> copiedGradients() {
    SortedMap<String, INDArray> gradients = slots.gradients();
    gradients.forEach((name, array) -> TorchOps.shared(array).copy_(get(name).grad()));
    return gradients;
  }

  /** Copied when they are first looked at: a step on the device needs no copy. */
  private final class GradientsElsewhere extends AbstractMap<String, INDArray> {
    private Map<String, INDArray> copies;

    private Map<String, INDArray> copies() {
      if (copies == null) {
        copies = TorchOps.scoped(TorchWeights.this::copiedGradients);
      }
      return copies;
    }

    @Override
    public Set<Entry<String, INDArray>> entrySet() {
      return copies().entrySet();
    }

    @Override
    public INDArray get(Object name) {
      return copies().get(name);
    }
  }

  /** Is told that the arrays have changed. */
  void changed() {
    old = true;
    stepped = false;
  }

  /** Brings the arrays up to date with steps on the copies. */
  void download() {
    if (stepped) {
      TorchOps.scoped(
          () -> {
            arrays.forEach((name, array) -> TorchOps.shared(array).copy_(get(name).detach()));
            return null;
          });
      stepped = false;
    }
  }

  /** Brings the arrays up to date to hand them out. */
  void lend() {
    download();
    lent = true;
  }

  /**
   * What steps the parameters where they are, in the place of what did before; empty where that is
   * in the arrays.
   */
  Optional<Kernel.Maker> kernels() {
    if (shared) {
      return Optional.empty();
    }
    return Optional.of(
        (name, parameter, m, v, anchor) ->
            TorchOps.scoped(
                () -> {
                  if (old) {
                    begin(false);
                  }
                  TorchKernel kernel =
                      new TorchKernel(get(name), this::setStepped, this::download, m, v, anchor);
                  Optional.ofNullable(kernels.put(name, kernel)).ifPresent(TorchKernel::close);
                  return kernel;
                }));
  }

  /** Is told that a kernel has taken a step. */
  private void setStepped() {
    stepped = true;
    halves.values().forEach(Tensor::close);
    halves.clear();
  }

  /** Frees the copies. */
  @Override
  public void close() {
    kernels.values().forEach(TorchKernel::close);
    kernels.clear();
    halves.values().forEach(Tensor::close);
    halves.clear();
    if (!shared) {
      leaves.values().forEach(Tensor::close);
    }
    leaves.clear();
  }
}
