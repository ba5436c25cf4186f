package io.darex.bench.encoder;

import java.util.function.Supplier;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Tensors of PyTorch from what we have and back, and the functions of {@link Activation}. */
final class TorchOps {
  private TorchOps() {}

  /**
   * A device, or the processor, has not the memory that PyTorch asked for; only its words say so.
   */
  static final class OutOfMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    OutOfMemoryException(RuntimeException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * What {@code work} gives; all tensors that it made are freed. Arrays of ND4J, which are pointers
   * too, are left alone.
   *
   * @throws OutOfMemoryException if a device, or the processor, has not the memory
   */
  @SuppressWarnings("unchecked") // an array of classes
  static <T> T scoped(Supplier<T> work) {
    PointerScope scope = new PointerScope(Tensor.class, TensorOptional.class);
    try {
      return work.get();
    } catch (RuntimeException e) {
      String message = String.valueOf(e.getMessage());
      if (message.contains("out of memory") || message.contains("can't allocate memory")) {
        throw new OutOfMemoryException(e);
      }
      throw e;
    } finally {
      scope.close();
    }
  }

  /** The memory of a dense array, as it is and as it will be. */
  static Tensor shared(INDArray array) {
    ScalarType type = array.dataType() == DataType.DOUBLE ? ScalarType.Double : ScalarType.Float;
    return torch.from_blob(array.data().addressPointer(), array.shape(), new TensorOptions(type));
  }

  /** The same values in memory of their own, on a device. */
  static Tensor copy(Tensor tensor, Device device) {
    return tensor.to(device, tensor.scalar_type(), false, true, new MemoryFormatOptional());
  }

  /** The tensor itself, which outlives the scope and is to be closed. */
  static Tensor kept(Tensor tensor) {
    return tensor.retainReference();
  }

  /** The same of a parameter. */
  static Tensor shared(Floats memory, long... shape) {
    return torch.from_blob(memory.memory(), shape);
  }

  static Tensor floats(float[] values, long... shape) {
    Tensor tensor = torch.empty(shape);
    if (values.length > 0) { // else there is no memory
      tensor.data_ptr_float().put(values);
    }
    return tensor;
  }

  static Tensor indices(int[] values) {
    TensorOptions type = new TensorOptions(ScalarType.Long);
    Tensor tensor = torch.zeros(new long[] {values.length}, type);
    LongPointer elements = new LongPointer(tensor.data_ptr());
    for (int i = 0; i < values.length; i++) {
      elements.put(i, values[i]);
    }
    return tensor;
  }

  /** The elements, row-major. */
  static float[] values(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.numel())];
    tensor.detach().cpu().contiguous().data_ptr_float().get(values);
    return values;
  }

  /** The elements of a matrix. */
  static float[][] rows(Tensor tensor) {
    float[] values = values(tensor);
    int width = Math.toIntExact(tensor.size(1));
    float[][] rows = new float[values.length / width][width];
    for (int row = 0; row < rows.length; row++) {
      System.arraycopy(values, row * width, rows[row], 0, width);
    }
    return rows;
  }

  static Tensor scaled(Tensor x, double factor) {
    return x.mul(new Scalar(factor));
  }

  static Tensor activated(Tensor x, Activation function) {
    return switch (function) {
      case GELU -> torch.gelu(x);
      case GELU_TANH -> torch.gelu(x, "tanh");
      case GELU_10 -> torch.gelu(x).clamp_max(new Scalar(10.0));
      case QUICK_GELU -> x.mul(torch.sigmoid(scaled(x, 1.702)));
      case SILU -> torch.silu(x);
      case RELU -> torch.relu(x);
      case RELU2 -> torch.relu(x).square();
      case RELU6 -> torch.relu6(x);
      case LEAKY_RELU -> torch.leaky_relu(x, new Scalar(0.01));
      case HARDSWISH -> torch.hardswish(x);
      case TANH -> torch.tanh(x);
      case SIGMOID -> torch.sigmoid(x);
      case MISH -> torch.mish(x);
      // Below −80 the root is 4e-18, and autograd would divide by it once it has become 0.
      case SQRT_SOFTPLUS -> torch.softplus(x.clamp_min(new Scalar(-80.0))).sqrt();
      case LAPLACE -> {
        Tensor z =
            scaled(
                x.sub(new Scalar(Pointwise.Laplace.MEAN)),
                1 / (Pointwise.Laplace.DEVIATION * Math.sqrt(2)));
        yield scaled(torch.erf(z).add(new Scalar(1.0)), 0.5);
      }
      case LINEAR -> x;
    };
  }
}
