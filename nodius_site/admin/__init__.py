"""The pages of the admin site about what is no Django model: live sessions, workflows, images."""
