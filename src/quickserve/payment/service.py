"""Takes, releases and refunds money, and keeps the books about it."""

from quickserve.kernel.service import Job, Service
from quickserve.payment import store
from quickserve.payment.api import router
from quickserve.payment.commands.forget import forget
from quickserve.payment.commands.resume import deliver_sandbox_callbacks, resume_due_intents
from quickserve.payment.providers.registry import providers

service = Service(
    name="payment",
    router=router,
    jobs=(
        Job("resume due intents", resume_due_intents, every_seconds=1),
        Job("deliver the sandbox's callbacks", deliver_sandbox_callbacks, every_seconds=0.5),
        Job("forget what is over", forget, every_seconds=3600),
    ),
    constraints=store.CONSTRAINTS,
    resources=providers,
)
