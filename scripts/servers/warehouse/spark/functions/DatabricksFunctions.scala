/*
 * What Databricks' SQL has and Spark's has not: `secret` and `hmac`, as functions of every session, and
 * the rule that keeps secrets out of what is written. Compiled when the stand-in is installed.
 *
 * A secret is a file in the folder that the property `stand.in.secrets` names: its path is
 * <scope>/<key>.
 */
package standin

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Paths}
import javax.crypto.Mac
import javax.crypto.spec.SecretKeySpec

import org.apache.spark.SparkThrowable
import org.apache.spark.sql.SparkSessionExtensions
import org.apache.spark.sql.catalyst.FunctionIdentifier
import org.apache.spark.sql.catalyst.expressions._
import org.apache.spark.sql.catalyst.expressions.objects.StaticInvoke
import org.apache.spark.sql.catalyst.plans.logical.{Command, LogicalPlan}
import org.apache.spark.sql.types.{BinaryType, StringType}
import org.apache.spark.unsafe.types.UTF8String

/** Named in `spark.sql.extensions`. */
class DatabricksFunctions extends (SparkSessionExtensions => Unit) {
  override def apply(extensions: SparkSessionExtensions): Unit = {
    extensions.injectFunction(
      (FunctionIdentifier("secret"), new ExpressionInfo(classOf[Secret].getName, "secret"), {
        case Seq(scope, key) => new Secret(scope, key)
      }))
    extensions.injectFunction(
      (FunctionIdentifier("hmac"), new ExpressionInfo(classOf[Hmac].getName, "hmac"), {
        case Seq(key, message) => new Hmac(key, message, Literal("SHA-256"))
        case Seq(key, message, algorithm) => new Hmac(key, message, algorithm)
      }))
    extensions.injectCheckRule(_ => SecretLocation)
  }
}

case class Secret(scope: Expression, key: Expression, replacement: Expression)
    extends RuntimeReplaceable with InheritAnalysisRules {
  def this(scope: Expression, key: Expression) = this(
    scope,
    key,
    StaticInvoke(Functions.getClass, StringType, "secret", Seq(scope, key), Seq(StringType, StringType)))
  override def parameters: Seq[Expression] = Seq(scope, key)
  override def prettyName: String = "secret"
  override protected def withNewChildInternal(child: Expression): Secret = copy(replacement = child)
}

case class Hmac(key: Expression, message: Expression, algorithm: Expression, replacement: Expression)
    extends RuntimeReplaceable with InheritAnalysisRules {
  def this(key: Expression, message: Expression, algorithm: Expression) = this(
    key,
    message,
    algorithm,
    StaticInvoke(
      Functions.getClass,
      BinaryType,
      "hmac",
      Seq(key, message, algorithm),
      Seq(BinaryType, BinaryType, StringType)))
  override def parameters: Seq[Expression] = Seq(key, message, algorithm)
  override def prettyName: String = "hmac"
  override protected def withNewChildInternal(child: Expression): Hmac = copy(replacement = child)
}

object Functions {
  def secret(scope: UTF8String, key: UTF8String): UTF8String = {
    val file = Paths.get(System.getProperty("stand.in.secrets"), scope.toString, key.toString)
    if (!Files.isRegularFile(file)) {
      throw new DatabricksError(
        "INVALID_SECRET_LOOKUP.SECRET_FUNCTION_LOOKUP_FAILED",
        "22531",
        s"Invalid secret lookup: cannot find the secret with key: $key and scope: $scope")
    }
    UTF8String.fromString(Files.readString(file, UTF_8))
  }

  def hmac(key: Array[Byte], message: Array[Byte], algorithm: UTF8String): Array[Byte] = {
    if (key.isEmpty) {
      throw new DatabricksError("INVALID_PARAMETER_VALUE.HMAC_KEY", "22023", "The key is empty")
    }
    val mac = Mac.getInstance("Hmac" + algorithm.toString.replace("-", ""))
    mac.init(new SecretKeySpec(key, mac.getAlgorithm))
    mac.doFinal(message)
  }
}

/** A command may use a secret only as what `aes_encrypt` encrypts. */
object SecretLocation extends (LogicalPlan => Unit) {
  override def apply(plan: LogicalPlan): Unit = plan match {
    case command: Command if isShownIn(command) =>
      throw new DatabricksError(
        "SECRET_FUNCTION_INVALID_LOCATION",
        "42K0E",
        s"Cannot execute ${command.nodeName} command with one or more non-encrypted references to " +
          "the SECRET function; please encrypt the result of each such function call with " +
          "AES_ENCRYPT and try the command again")
    case _ =>
  }

  /** Delta's MERGE has its source as a member that is no child. */
  private def isShownIn(plan: LogicalPlan): Boolean = plan.expressions.exists(showsSecret) ||
    (plan.children ++ plan.productIterator).exists {
      case inner: LogicalPlan => isShownIn(inner)
      case _ => false
    }

  private def showsSecret(expression: Expression): Boolean = expression match {
    case _: Secret => true
    case AesEncrypt(Cast(_: Secret, _, _, _), key, _, _, _, _) => showsSecret(key)
    case AesEncrypt(_: Secret, key, _, _, _, _) => showsSecret(key)
    case subquery: PlanExpression[_] =>
      isShownIn(subquery.plan.asInstanceOf[LogicalPlan])
    case other => other.children.exists(showsSecret)
  }
}

class DatabricksError(condition: String, state: String, message: String)
    extends RuntimeException(s"[$condition] $message SQLSTATE: $state") with SparkThrowable {
  override def getCondition: String = condition
  override def getSqlState: String = state
}
